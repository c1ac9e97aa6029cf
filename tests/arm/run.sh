#!/bin/bash
# SPDX-License-Identifier: MIT
# run.sh SUITE/ARCHITECTURE...: builds programs and unit tests with Debian's
# cross compiler, as a Pi has them, and runs the tests under qemu-user. A test
# that has passed is run again only when it has changed.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/arm/debian.sh
. tests/arm/debian.sh

for target in "$@"; do
	suite=${target%/*} arch=${target#*/}
	make_sysroot "$suite" "$arch"
	say ARM "$suite, $arch"
	make_inside "$suite" "$arch" -k all check-once
done
