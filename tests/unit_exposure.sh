#!/bin/sh
# SPDX-License-Identifier: MIT
# unit_exposure.sh UNIT...: what systemd says of each unit's exposure is at
# most 2.0 of 10.
set -u

MOST=20 # in tenths
command -v systemd-analyze >/dev/null || {
	echo "no systemd-analyze to judge the units: install systemd" >&2
	exit 1
}
for unit; do
	said=$(systemd-analyze security --no-pager --offline=true \
		--threshold=$MOST "$unit" 2>&1) || {
		echo "$said" | grep -E '✗|exposure|rror' >&2
		echo "$unit: more exposed than $MOST tenths" >&2
		exit 1
	}
	echo "$said" | sed -n 's/.*exposure level for/  exposure of/p'
done
