#!/bin/bash
# SPDX-License-Identifier: MIT
# get.sh SUITE/ARCHITECTURE...: gets the Debians that run.sh wants, which is
# mostly waiting for the network and for archives to be unpacked. What is there
# already is not got again.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/arm/debian.sh
. tests/arm/debian.sh

for target in "$@"; do
	make_sysroot "${target%/*}" "${target#*/}"
done
