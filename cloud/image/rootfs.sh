#!/bin/bash
# SPDX-License-Identifier: MIT
# rootfs.sh PROGRAM FOLDER: makes a root file system of oriel-relay and just
# what it links, for a container without a distribution in it.
set -eu
program=$1
root=$2

# libwebsockets opens its event loop by name.
plugin=$(dpkg -L libwebsockets-evlib-ev | grep 'evlib_ev\.so$')
mkdir -p "$root"/{usr/bin,etc,dev,proc,sys,tmp}
install -s -m 755 "$program" "$root/usr/bin/oriel-relay"
{
	ldd "$program" "$plugin" | grep -o '/[^ :)]*\.so[^ :)]*'
	echo "$plugin"
} | sort -u | while read -r library; do
	# Whole paths, for the plugin and the loader are looked for there.
	mkdir -p "$root$(dirname "$library")"
	cp -Lu "$library" "$root$library"
done
echo 'oriel:x:65534:65534::/:/usr/sbin/nologin' >"$root/etc/passwd"
