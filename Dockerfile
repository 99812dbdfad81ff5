# The image of lockstep: the program and the certificates of the public authorities, no shell,
# nobody's files. The context has TARGETPLATFORM/lockstep for each platform, static, and
# ca-certificates.crt; integration/images/lockstep.sh makes it, and so does goreleaser.
FROM scratch

# BuildKit sets it; docker build without BuildKit needs --build-arg TARGETPLATFORM=linux/amd64.
ARG TARGETPLATFORM

COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY ${TARGETPLATFORM}/lockstep /usr/local/bin/lockstep

ENV PATH=/usr/local/bin:/usr/bin:/bin

# Nobody in particular, as a number: Kubernetes can tell with runAsNonRoot that it is not root.
USER 65532:65532

LABEL org.opencontainers.image.title="lockstep" \
      org.opencontainers.image.description="Plain-SQL migrations for PostgreSQL: what you review is what runs" \
      org.opencontainers.image.source="https://github.com/lockstep-db/lockstep" \
      org.opencontainers.image.licenses="MIT"

# Migrations are looked for in /migrations: COPY or mount them there.
ENTRYPOINT ["lockstep"]
