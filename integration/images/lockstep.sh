#!/bin/sh
# Builds the image lockstep:TAG for this machine's architecture, and for the others
# lockstep:TAG-ARCH, with nothing from a registry: the programs are cross-compiled, the
# certificates are those of this machine.
#
#	integration/images/lockstep.sh [TAG]    default: latest
#
# Needs Go, Docker and the package ca-certificates.
set -eu

cd "$(dirname "$0")/../.."
tag=${1:-latest}
stamp=false # Go can stamp the commit of an ordinary checkout alone
[ ! -d .git ] || stamp=true
context=dist/image

# certificates: the file of trusted authorities, where Linux distributions and macOS have it.
certificates() {
	for file in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem; do
		[ ! -e "$file" ] || { echo "$file" && return; }
	done
	echo "lockstep.sh: no certificates on this machine: install ca-certificates" >&2
	exit 1
}

# fact NAME: what the program says of itself under that name.
fact() { echo "$facts" | sed -n "s/.*\"$1\": \"\\(.*\\)\".*/\\1/p"; }

# build ARCH TAG
build() {
	CGO_ENABLED=0 GOOS=linux GOARCH=$1 go build -trimpath "-buildvcs=$stamp" -ldflags='-s -w' -o "$context/linux/$1/lockstep" .
	if [ "$1" != "$own" ] && ! docker buildx version >/dev/null 2>&1; then
		echo "$context/linux/$1/lockstep built; its image takes BuildKit (docker buildx)"
		return
	fi
	docker build -q --platform "linux/$1" --build-arg "TARGETPLATFORM=linux/$1" \
		--label "org.opencontainers.image.version=$version" --label "org.opencontainers.image.revision=$revision" \
		-t "lockstep:$2" -f Dockerfile "$context" >/dev/null
	echo "lockstep:$2 built, for linux/$1"
}

mkdir -p "$context"
install -m 0644 "$(certificates)" "$context/ca-certificates.crt"
facts=$(go run "-buildvcs=$stamp" . version --json)
version=$(fact version)
revision=$(fact commit)
[ -n "$revision" ] || revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
own=$(go env GOARCH)
for arch in amd64 arm64; do
	if [ "$arch" = "$own" ]; then build "$arch" "$tag"; else build "$arch" "$tag-$arch"; fi
done
