#!/bin/bash
# SPDX-License-Identifier: MIT
# Builds the relay's image as the Dockerfile says, without a container engine
# and without a registry of images: by buildah, on a Debian that mmdebstrap
# makes. Leaves its files in build/image/root and its settings in
# build/image/config.json; tests/e2e/relay_image.test.mjs judges both.
set -eu

folder=$PWD/build/image
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot

b() {
	buildah --root "$folder/storage" --runroot "$folder/run" "$@"
}

mkdir -p "$folder"
rm -rf "$folder/root"
[ -s "$folder/base.tar" ] ||
	mmdebstrap -q --variant=minbase bookworm "$folder/base.tar"

# Whoever has authorities and settings of npm of his own needs them in there.
base=$(b from scratch)
b add -q "$base" "$folder/base.tar" / >/dev/null
b copy -q "$base" /etc/ssl/certs/ca-certificates.crt /etc/host-ca.crt >/dev/null
b config --env NODE_EXTRA_CA_CERTS=/etc/host-ca.crt "$base"
[ ! -e ~/.npmrc ] || b copy -q "$base" ~/.npmrc /root/.npmrc >/dev/null
b commit -q --rm "$base" docker.io/library/debian:bookworm-slim >/dev/null

# Only docker's format has health checks.
b bud --format docker --network host --pull-never -q -t oriel-relay .
made=$(b from --pull-never oriel-relay)
cp -a "$(b mount "$made")" "$folder/root"
b inspect --type image oriel-relay >"$folder/config.json"
b rm -a >/dev/null
b rmi -a -f >/dev/null
