#!/bin/sh
# Builds the images lockstep-postgres:VERSION from Debian packages, for machines that reach a
# Debian mirror but no container registry. An image that exists is left as it is.
#
#	integration/images/build.sh [VERSION ...]    default: 13 15 17 18
#
# Needs root, Docker and some 700 MB under TMPDIR, on a file system that allows device files.
# It takes about a minute for each image. DEBIAN_MIRROR names another mirror.
set -eu

here=$(cd "$(dirname "$0")" && pwd)

# apt_mirror: the mirror that this machine's apt has its lists from; nothing before its first
# update.
apt_mirror() { apt-get indextargets --format '$(REPO_URI)' | grep -v security | head -n 1 || true; }

# suite VERSION: the Debian release whose PostgreSQL it is.
suite() {
	case $1 in
	13) echo bullseye ;;
	15) echo bookworm ;;
	17) echo trixie ;;
	18) echo forky ;;
	*) fail "no Debian release has PostgreSQL $1; there are 13, 15, 17 and 18" ;;
	esac
}

fail() {
	echo "build.sh: $*" >&2
	exit 1
}

present() { docker image inspect "$1" >/dev/null 2>&1; }

# prepare: sees to debootstrap and to the mirror that it is to use.
prepare() {
	[ "$(id -u)" = 0 ] || fail "needs root, for debootstrap"
	if ! command -v debootstrap >/dev/null || [ -z "$(apt_mirror)" ]; then
		apt-get update -q
		apt-get install -q -y --no-install-recommends debootstrap
	fi
	mirror=${DEBIAN_MIRROR:-$(apt_mirror)}
	[ -n "$mirror" ] || fail "apt names no mirror: set DEBIAN_MIRROR"
}

# bootstrap SUITE DIR: a minimal Debian with PostgreSQL in it.
bootstrap() {
	script=/usr/share/debootstrap/scripts/$1
	# A release that is younger than debootstrap is made the way unstable is.
	[ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid
	debootstrap --variant=minbase --include=postgresql "$1" "$2" "$mirror" "$script"
}

# pack DIR: the tree as an archive on standard output, without what no server reads: caches,
# documentation, translations, the cluster that the package made, and the JIT compiler, which
# is the largest part of all and does nothing for short queries.
pack() {
	tar -C "$1" -c --one-file-system \
		--exclude='./var/cache/*' --exclude='./var/lib/apt/lists/*' --exclude='./var/log/*' \
		--exclude='./usr/share/doc/*' --exclude='./usr/share/man/*' \
		--exclude='./usr/share/locale/*' --exclude='./usr/share/i18n/*' \
		--exclude='./etc/postgresql/*' --exclude='./var/lib/postgresql/*' \
		--exclude='libLLVM*' --exclude='libz3.*' \
		--exclude='./usr/lib/postgresql/*/lib/llvmjit*' \
		--exclude='./usr/lib/postgresql/*/lib/bitcode' \
		.
}

# import VERSION DIR TAG: the tree as an image that starts like the official one.
import() {
	install -m 0755 "$here/entrypoint.sh" "$2/usr/local/bin/docker-entrypoint.sh"
	pack "$2" | docker import \
		--change "ENV PATH=/usr/lib/postgresql/$1/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
		--change 'ENV PGDATA=/var/lib/postgresql/data' \
		--change 'ENV LANG=C.UTF-8' \
		--change 'ENTRYPOINT ["docker-entrypoint.sh"]' \
		--change 'CMD ["postgres"]' \
		--change 'EXPOSE 5432' \
		--change 'VOLUME /var/lib/postgresql' \
		- "$3" >/dev/null
}

# clean DIR: removes the tree, also when debootstrap was interrupted with /proc in it.
clean() {
	for mounted in proc sys dev/pts dev; do
		if mountpoint -q "$1/tree/$mounted"; then umount "$1/tree/$mounted"; fi
	done
	rm -rf --one-file-system "$1"
}

# build VERSION: in a subshell, so that its tree goes before the next one comes.
build() (
	tag=lockstep-postgres:$1
	if present "$tag"; then
		echo "$tag exists"
		exit
	fi
	release=$(suite "$1")
	prepare
	work=$(mktemp -d)
	trap 'clean "$work"' EXIT
	trap 'exit 1' HUP INT TERM
	bootstrap "$release" "$work/tree" >"$work/log" 2>&1 ||
		{ tail -n 20 "$work/log" >&2 && fail "make a Debian $release"; }
	import "$1" "$work/tree" "$tag"
	echo "$tag built"
)

docker version >/dev/null || fail "needs Docker"
[ $# -gt 0 ] || set -- 13 15 17 18
for version; do build "$version"; done
