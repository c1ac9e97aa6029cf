#!/bin/bash
# SPDX-License-Identifier: MIT
# prepare.sh: makes what test-kernel boots, in build/kernel, and remembers it:
#
#   module/     the test device, tests/kernel/module, built for that kernel
#   share/      the programs, and the guest's own: the guest sees it as /host
#   vmlinuz, initrd.cpio    what qemu boots
#
# from a sysroot of tests/arm/debian.sh, which has Debian's stock arm64 kernel
# and its headers. Each is made again only when what it is made from has
# changed. Works as root, or with user namespaces.
set -euo pipefail
shopt -s nullglob
cd "$(dirname "$0")/../.."
here=tests/kernel
out=build/kernel
mkdir -p "$out"

# shellcheck source=tests/arm/debian.sh
. tests/arm/debian.sh
sysroot=$(sysroot trixie arm64)
programs=build/arm/trixie-arm64
libraries=$sysroot/usr/lib/$(triplet arm64)
GUEST_PACKAGES=base-files,base-passwd,bash,dash,coreutils,sed,grep,mawk
GUEST_PACKAGES+=,findutils,procps,util-linux,mount,kmod,iproute2,strace
GUEST_PACKAGES+=,systemd,v4l-utils
MODULES="vivid v4l2-mem2mem videobuf2-vmalloc videobuf2-dma-contig
	9p 9pnet_virtio virtio_net"

kernel() {
	ls "$sysroot/usr/lib/modules"
}

make_module() {
	local key
	key=$(key_of "$(kernel)" -- $here/module/*)
	is_made "$out/module" "$key" && return
	say KERNEL "$here/module for $(kernel)"
	rm -rf "$out/module"
	mkdir -p "$out/module"
	cp $here/module/* "$out/module/"
	# Debian's kernel has type information, which needs a tool and tells
	# nothing that a module would have to have.
	inside trixie arm64 make -s -C "/usr/lib/modules/$(kernel)/build" \
		M="/src/$out/module" CONFIG_DEBUG_INFO_BTF_MODULES= modules
	made "$out/module" "$key"
}

make_programs() {
	make_inside trixie arm64 all
	local key
	key=$(key_of device_test -- $here/guest/*.[ch])
	is_made "$out/device_test" "$key" && return
	say CC "$here/guest"
	inside trixie arm64 aarch64-linux-gnu-gcc -std=c17 -D_GNU_SOURCE -O2 \
		-g -Wall -Wextra -Werror -o "$out/device_test" $here/guest/*.c
	made "$out/device_test" "$key"
}

# The shared libraries that programs for arm64 need, themselves included.
needed_by() { # PROGRAM...
	local name path
	local -A seen=()
	local -a todo=("$@")
	while [ ${#todo[@]} -gt 0 ]; do
		local next=${todo[0]}
		todo=("${todo[@]:1}")
		for name in $(readelf -d "$next" |
			sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'); do
			[ -n "${seen[$name]:-}" ] && continue
			seen[$name]=1
			path=$(find "$libraries" -maxdepth 2 -name "$name" -print -quit)
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
	cp "$sysroot/usr/lib/modules/$(kernel)/modules."{builtin*,order} "$to/"
	# shellcheck disable=SC2086
	modprobe -d "$sysroot/usr" -S "$(kernel)" --show-depends -a $MODULES |
		sed -n 's/^insmod \([^ ]*\).*/\1/p' | sort -u |
		while read -r file; do
			xz -dc "$file" >"$to/$(basename "$file" .xz)"
		done
	depmod -b "$1/usr" "$(kernel)"
}

make_guest() {
	local key
	key=$(key_of "$GUEST_PACKAGES" -- /dev/null)
	is_made "$out/guest" "$key" && return
	say FETCH "Debian trixie for arm64: the guest"
	rm -f "$out/initrd.cpio"
	get_debian "$out/guest" trixie arm64 "$GUEST_PACKAGES"
	made "$out/guest" "$key"
}

make_initrd() {
	local libs key root=$out/root
	libs=$libraries/libwebsockets-evlib_ev.so # loaded by name
	libs+=" $(needed_by "$programs"/oriel-{cam,relay} $libs)"
	key=$(key_of "$MODULES" "$libs" "$(cat {"$sysroot","$out/guest"}.key)" -- \
		$here/guest/init $here/guest/oriel-test.target)
	is_made "$out/initrd.cpio" "$key" && return
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
	cp "$sysroot/boot/vmlinuz-$(kernel)" "$out/vmlinuz"
	made "$out/initrd.cpio" "$key"
}

fill_share() {
	mkdir -p "$out/share"
	cp -u "$programs"/oriel-{cam,relay} "$out/device_test" \
		"$out/module/oriel_picodec.ko" systemd/oriel-cam.service \
		"$out/share/"
}

make_sysroot trixie arm64
[ -e "$sysroot/usr/lib/modules/$(kernel)/modules.dep" ] ||
	depmod -b "$sysroot/usr" "$(kernel)"
make_guest
make_module
make_programs
make_initrd
fill_share
