#!/bin/bash
# SPDX-License-Identifier: MIT
# run.sh JOBS FILE...: runs files of tests, JOBS at a time, BUILD in the
# environment. A file that fails is run once more, alone, and that is said: on
# a busy machine a limit in milliseconds can be missed; a defect fails twice.
set -u

jobs=$1
shift
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

run() { # FILE: prints what its tests said, whole, when they are through
	local log=$logs/${1##*/}
	if node --test --test-reporter=spec --test-concurrency=1 "$1" \
		</dev/null >"$log" 2>&1; then
		cat "$log"
	else
		cat "$log"
		echo "$1" >>"$logs/failed"
	fi
}
export -f run
export logs

printf '%s\n' "$@" | xargs -P "$jobs" -I{} bash -c 'run {}'
[ -e "$logs/failed" ] || exit 0

mv "$logs/failed" "$logs/again"
while read -r file; do
	echo "once more, alone: $file"
	run "$file"
done <"$logs/again"
[ ! -e "$logs/failed" ] || { echo "failed twice:"; cat "$logs/failed"; exit 1; }
