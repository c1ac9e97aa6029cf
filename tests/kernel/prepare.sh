#!/bin/bash
# SPDX-License-Identifier: MIT
# prepare.sh: makes what test-kernel boots, in build/kernel, and remembers it:
#
#   sysroot/    Debian trixie: a cross compiler for arm64, its libraries, and
#               the stock arm64 kernel with its headers
#   module/     the test device, tests/kernel/module, built for that kernel
#   arm64/      oriel-cam and oriel-relay for arm64
#   share/      these, and the guest's own programs: the guest sees it as /host
#   vmlinuz, initrd.cpio    what qemu boots
#
# Each is made again only when what it is made from has changed. Packages come
# from where apt gets them; their newest versions are taken the first time and
# stay until `make clean`. Works as root, or with user namespaces.
set -euo pipefail
shopt -s nullglob
cd "$(dirname "$0")/../.."
here=tests/kernel
out=build/kernel
mkdir -p "$out"

SYSROOT_PACKAGES=bash,dash,coreutils,sed,grep,mawk,make,diffutils,findutils
SYSROOT_PACKAGES+=,gzip,libc-bin,gcc-aarch64-linux-gnu,gcc-14-aarch64-linux-gnu
SYSROOT_PACKAGES+=,pkgconf,libelf1t64,libssl3t64,libc6-dev:arm64
for p in libavformat-dev libavcodec-dev libavutil-dev libswscale-dev \
		libwebsockets-dev libwebsockets-evlib-ev libev-dev libssl-dev \
		libcurl4-openssl-dev libsystemd-dev zlib1g-dev; do
	SYSROOT_PACKAGES+=,$p:arm64
done
GUEST_PACKAGES=base-files,base-passwd,bash,dash,coreutils,sed,grep,mawk
GUEST_PACKAGES+=,findutils,procps,util-linux,mount,kmod,iproute2,strace
GUEST_PACKAGES+=,systemd,v4l-utils
MODULES="vivid v4l2-mem2mem videobuf2-vmalloc videobuf2-dma-contig
	9p 9pnet_virtio virtio_net"

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

is_made() { # WHAT KEY
	[ -e "$out/$1" ] && [ "$(cat "$out/$1.key" 2>/dev/null)" = "$2" ]
}

# Only when it is whole: what was interrupted is made again.
made() { # WHAT KEY
	echo "$2" >"$out/$1.key"
}

# Debian's packages as files, without running any of their scripts.
fetch() { # TAR ARCHITECTURES PACKAGES OPTION...
	local tar=$1 arch=$2 packages=$3
	shift 3
	mmdebstrap --quiet --variant=extract --skip=check/qemu --format=tar \
		--architectures="$arch" --include="$packages" "$@" \
		trixie "$tar" </dev/null || {
		echo "test-kernel: could not get Debian trixie ($arch)" >&2
		exit 1
	}
}

unpack() { # TAR DIRECTORY
	rm -rf "$2"
	mkdir -p "$2"
	tar -xf "$1" -C "$2" --no-same-owner --exclude='./dev/*' \
		--exclude=./usr/share/locale --exclude=./usr/share/doc \
		--exclude=./usr/share/man --exclude=./usr/share/info
	rm "$1"
}

# Runs a command inside the sysroot; the sources are in /src.
inside() { # COMMAND...
	local user=--map-root-user
	[ "$(id -u)" = 0 ] && user=
	# shellcheck disable=SC2086,SC2016
	unshare $user --mount bash -c '
		mount --rbind /dev "$0/dev"
		mount --rbind /proc "$0/proc"
		mount --bind . "$0/src"
		exec chroot "$0" env -i PATH=/usr/sbin:/usr/bin LC_ALL=C \
			PKG_CONFIG_LIBDIR=/usr/lib/aarch64-linux-gnu/pkgconfig \
			sh -c "cd /src && exec \"\$@\"" sh "$@"
		' "$out/sysroot" "$@"
}

make_sysroot() {
	local key
	key=$(key_of "$SYSROOT_PACKAGES" -- $here/kernel_packages.sh)
	is_made sysroot "$key" && return
	say FETCH "Debian trixie for arm64: kernel, cross compiler, libraries"
	rm -rf "$out"/module "$out"/arm64 "$out"/initrd.cpio
	fetch "$out/sysroot.tar" amd64,arm64 "$SYSROOT_PACKAGES" \
		--extract-hook="$PWD/$here/kernel_packages.sh"
	unpack "$out/sysroot.tar" "$out/sysroot"
	mkdir -p "$out/sysroot/src"
	depmod -b "$out/sysroot/usr" "$(kernel)"
	made sysroot "$key"
}

kernel() {
	ls "$out/sysroot/usr/lib/modules"
}

make_module() {
	local key
	key=$(key_of "$(kernel)" -- $here/module/*)
	is_made module "$key" && return
	say KERNEL "$here/module for $(kernel)"
	rm -rf "$out/module"
	mkdir -p "$out/module"
	cp $here/module/* "$out/module/"
	# Debian's kernel has type information, which needs a tool and tells
	# nothing that a module would have to have.
	inside make -s -C "/usr/lib/modules/$(kernel)/build" \
		M="/src/$out/module" CONFIG_DEBUG_INFO_BTF_MODULES= modules
	made module "$key"
}

make_programs() {
	local build=$out/arm64
	mkdir -p "$build"
	inside make -s --no-print-directory -j"$(nproc)" \
		CC=aarch64-linux-gnu-gcc BUILD="$build" WERROR=1 \
		"$build/oriel-cam" "$build/oriel-relay"
	local key
	key=$(key_of device_test -- $here/guest/*.[ch])
	is_made arm64/device_test "$key" && return
	say CC "$here/guest"
	inside aarch64-linux-gnu-gcc -std=c17 -D_GNU_SOURCE -O2 -g -Wall \
		-Wextra -Werror -o "$build/device_test" $here/guest/*.c
	made arm64/device_test "$key"
}

# The shared libraries that programs for arm64 need, themselves included.
libraries() { # PROGRAM...
	local lib=$out/sysroot/usr/lib/aarch64-linux-gnu name path
	local -A seen=()
	local -a todo=("$@")
	while [ ${#todo[@]} -gt 0 ]; do
		local next=${todo[0]}
		todo=("${todo[@]:1}")
		for name in $(readelf -d "$next" |
			sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'); do
			[ -n "${seen[$name]:-}" ] && continue
			seen[$name]=1
			path=$(find "$lib" -maxdepth 2 -name "$name" -print -quit)
			[ -n "$path" ] || {
				echo "test-kernel: $next needs $name" >&2
				return 1
			}
			echo "$path"
			todo+=("$path")
		done
	done
}

# The modules of the guest, unpacked, which its kernel loads faster.
copy_modules() { # ROOT
	local to=$1/usr/lib/modules/$(kernel) file
	mkdir -p "$to"
	cp "$out/sysroot/usr/lib/modules/$(kernel)/modules."{builtin*,order} "$to/"
	# shellcheck disable=SC2086
	modprobe -d "$out/sysroot/usr" -S "$(kernel)" --show-depends -a $MODULES |
		sed -n 's/^insmod \([^ ]*\).*/\1/p' | sort -u |
		while read -r file; do
			xz -dc "$file" >"$to/$(basename "$file" .xz)"
		done
	depmod -b "$1/usr" "$(kernel)"
}

make_guest() {
	local key
	key=$(key_of "$GUEST_PACKAGES" -- /dev/null)
	is_made guest "$key" && return
	say FETCH "Debian trixie for arm64: the guest"
	rm -f "$out/initrd.cpio"
	fetch "$out/guest.tar" arm64 "$GUEST_PACKAGES"
	unpack "$out/guest.tar" "$out/guest"
	made guest "$key"
}

make_initrd() {
	local libs key root=$out/root
	libs=$(libraries "$out"/arm64/oriel-* \
		"$out/sysroot/usr/lib/aarch64-linux-gnu/libwebsockets-evlib_ev.so")
	libs+=" $out/sysroot/usr/lib/aarch64-linux-gnu/libwebsockets-evlib_ev.so"
	key=$(key_of "$MODULES" "$libs" "$(cat "$out"/{sysroot,guest}.key)" -- \
		$here/guest/init $here/guest/oriel-test.target)
	is_made initrd.cpio "$key" && return
	say CPIO "$out/initrd.cpio"
	rm -rf "$root"
	cp -al "$out/guest" "$root"
	mkdir -p "$root"/{dev,proc,sys,run,tmp,host}
	# shellcheck disable=SC2086
	cp -Lf --remove-destination $libs "$root/usr/lib/aarch64-linux-gnu/"
	ln -sf mawk "$root/usr/bin/awk"
	cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
	cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
	cp $here/guest/init "$root/init"
	cp $here/guest/oriel-test.target "$root/etc/systemd/system/"
	rm -rf "$root"/usr/lib/systemd/system-{generators,environment-generators} \
		"$root"/usr/lib/systemd/system/*.wants
	echo 00000000000000000000000000000001 >"$root/etc/machine-id"
	copy_modules "$root"
	(cd "$root" && find . | cpio --quiet -o -H newc -R 0:0) \
		>"$out/initrd.cpio"
	rm -rf "$root"
	cp "$out/sysroot/boot/vmlinuz-$(kernel)" "$out/vmlinuz"
	made initrd.cpio "$key"
}

fill_share() {
	mkdir -p "$out/share"
	find "$out/arm64" -maxdepth 1 -type f -perm /111 \
		-exec cp -u -t "$out/share" {} +
	cp -u "$out/module/oriel_picodec.ko" systemd/oriel-cam.service \
		"$out/share/"
}

make_sysroot
make_guest
make_module
make_programs
make_initrd
fill_share
