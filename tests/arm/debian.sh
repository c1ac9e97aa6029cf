# SPDX-License-Identifier: MIT
# debian.sh: Debian for the Pi's processors, in folders of build/. To be read
# by bash scripts in the top folder, with `set -euo pipefail`.
#
# A sysroot is a Debian for this machine (amd64) with a cross compiler and
# qemu-user, beside the libraries of the other architecture, as multiarch has
# them: what is compiled in it runs in it. None of the packages' scripts run,
# so it can be made by any user who may have user namespaces, and it is the
# same whatever Debian this machine has.
#
# Packages come from Debian's main archive, which is consistent for two months
# at a time; tests need no newer ones. What was got stays until `make clean`.
MIRROR=http://deb.debian.org/debian

say() {
	printf '  %-7s%s\n' "$@"
}

# A short name for the contents of files and for words.
key_of() { # WORD... -- FILE...
	local words=
	while [ "$1" != -- ]; do
		words+=" $1"
		shift
	done
	shift
	{ echo "$words"; sha256sum -- "$@" </dev/null; } | sha256sum | cut -c 1-16
}

is_made() { # PATH KEY
	[ -e "$1" ] && [ "$(cat "$1.key" 2>/dev/null)" = "$2" ]
}

# Only when it is whole: what was interrupted is made again.
made() { # PATH KEY
	echo "$2" >"$1.key"
}

# Debian's packages as files in DIRECTORY.
get_debian() { # DIRECTORY SUITE ARCHITECTURES PACKAGES OPTION...
	local to=$1 suite=$2 arch=$3 packages=$4
	shift 4
	rm -rf "$to"
	mkdir -p "$to"
	mmdebstrap --quiet --variant=extract --skip=check/qemu --format=tar \
		--architectures="$arch" --include="$packages" "$@" \
		"$suite" "$to.tar" "$MIRROR" </dev/null || {
		echo "could not get Debian $suite ($arch) from $MIRROR" >&2
		exit 1
	}
	tar -xf "$to.tar" -C "$to" --no-same-owner --exclude='./dev/*' \
		--exclude=./usr/share/locale --exclude=./usr/share/doc \
		--exclude=./usr/share/man --exclude=./usr/share/info
	rm "$to.tar"
}

# As compilers and folders name an architecture.
triplet() { # ARCHITECTURE
	case $1 in
	arm64) echo aarch64-linux-gnu ;;
	armhf) echo arm-linux-gnueabihf ;;
	*)
		echo "$1: neither arm64 nor armhf" >&2
		return 1
		;;
	esac
}

# A command that runs programs as a Pi 4 does, or a Pi 2, but slowly.
emulator() { # ARCHITECTURE
	case $1 in
	arm64) set -- aarch64 cortex-a72 ;;
	armhf) set -- arm cortex-a7 ;;
	esac
	echo "env EMULATED=1 CK_TIMEOUT_MULTIPLIER=10 qemu-$1-static -cpu $2"
}

sysroot() { # SUITE ARCHITECTURE
	echo "build/sysroot/$1-$2"
}

sysroot_packages() { # ARCHITECTURE
	local p
	printf %s bash,dash,coreutils,sed,grep,mawk,make,diffutils,findutils, \
		gzip,libc-bin,pkgconf,qemu-user-static, \
		"gcc-$(triplet "$1"),libc6-dev:$1"
	for p in libavformat-dev libavcodec-dev libavutil-dev libswscale-dev \
			libwebsockets-dev libwebsockets-evlib-ev libev-dev \
			libssl-dev libcurl4-openssl-dev libsystemd-dev \
			zlib1g-dev check; do
		printf ,%s:%s "$p" "$1"
	done
}

make_sysroot() { # SUITE ARCHITECTURE
	local root key packages hook= more=()
	root=$(sysroot "$1" "$2")
	packages=$(sysroot_packages "$2")
	if [ "$1-$2" = trixie-arm64 ]; then # also that of the kernel tests
		hook=tests/kernel/kernel_packages.sh
		packages+=,libelf1t64,libssl3t64
		more=(--extract-hook="$PWD/$hook")
	fi
	key=$(key_of "$packages" -- ${hook:-/dev/null})
	is_made "$root" "$key" && return
	say FETCH "Debian $1 for $2: cross compiler, libraries, qemu"
	rm -rf "build/arm/$1-$2" # what was built with an older one
	get_debian "$root" "$1" "amd64,$2" "$packages" "${more[@]}"
	mkdir -p "$root/src"
	mkdir -p "$root/etc/ssl/certs"
	cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
	echo '127.0.0.1 localhost' >"$root/etc/hosts"
	made "$root" "$key"
}

# Runs a command inside a sysroot; the sources are in /src.
inside() { # SUITE ARCHITECTURE COMMAND...
	local root user=--map-root-user libraries
	root=$(sysroot "$1" "$2")
	libraries=/usr/lib/$(triplet "$2")
	shift 2
	[ "$(id -u)" = 0 ] && user=
	# shellcheck disable=SC2086,SC2016
	unshare $user --mount bash -c '
		root=$1
		libraries=$2
		shift 2
		mount --rbind /dev "$root/dev"
		mount --rbind /proc "$root/proc"
		mount --bind . "$root/src"
		exec chroot "$root" env -i LC_ALL=C \
			PATH=/usr/sbin:/usr/bin:/sbin:/bin \
			PKG_CONFIG_LIBDIR="$libraries/pkgconfig" \
			sh -c "cd /src && exec \"\$@\"" sh "$@"
		' bash "$root" "$libraries" "$@"
}

# make for a sysroot, warnings being errors. What needs other tools than a
# compiler is done outside. Some tests wait: more of them than processors.
make_inside() { # SUITE ARCHITECTURE OPTION-OR-TARGET...
	local suite=$1 arch=$2 build=build/arm/$1-$2
	shift 2
	make -s BUILD="$build" "$build/data/.stamp" "$build/web.c"
	inside "$suite" "$arch" make -s --no-print-directory -j$(($(nproc) + 2)) \
		CC="$(triplet "$arch")-gcc" BUILD="$build" WERROR=1 SETUP=no \
		EMULATOR="$(emulator "$arch")" "$@"
}
