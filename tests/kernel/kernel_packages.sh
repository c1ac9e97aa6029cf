#!/bin/sh
# SPDX-License-Identifier: MIT
# A hook of mmdebstrap, called with the root it fills: adds the stock kernel
# for arm64, its headers, and for this machine the tools to build modules.
# These are unpacked only; as wanted packages they would bring a compiler that
# runs on arm64 into the place of the one that makes programs for it.
set -eu
root=$1
export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"

image=$(apt-cache depends linux-image-arm64:arm64 |
	sed -n 's/.*Depends: \(linux-image-[0-9][^: ]*\).*/\1/p' | head -n 1)
version=${image#linux-image-}
[ -n "$version" ]
mkdir "$root/tmp/debs"
cd "$root/tmp/debs"
apt-get -qq download "$image:arm64" "linux-headers-$version:arm64" \
	"linux-headers-${version%-arm64}-common" \
	"linux-kbuild-${version%-arm64}:amd64" 2>/dev/null
for deb in *.deb; do
	dpkg-deb -x "$deb" "$root"
done
rm -r "$root/tmp/debs"
ln -sf mawk "$root/usr/bin/awk"
