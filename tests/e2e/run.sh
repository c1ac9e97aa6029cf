#!/bin/bash
# SPDX-License-Identifier: MIT
# run.sh JOBS FILE... [-- JOBS FILE...]...: runs files of tests, BUILD in the
# environment: lanes side by side, so many files of each at a time. A file that
# fails is run once more, when all are through and alone, and that is said: on
# a busy machine a limit in milliseconds can be missed; a defect fails twice.
# What is not through after FILE_S seconds (900) hangs, and has failed.
set -u

logs=$(mktemp -d)
# Lanes are in the background, where Ctrl-C is not heard.
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$logs"' EXIT
trap 'exit 130' INT TERM

run() { # FILE: prints what its tests said, whole, when they are through
	local log=$logs/${1##*/}
	if timeout -k 10 "${FILE_S:-900}" node --test --test-reporter=spec \
		--test-concurrency=1 "$1" </dev/null >"$log" 2>&1; then
		cat "$log"
	elif [ $? -eq 124 ]; then
		cat "$log"
		echo "$1 was not through after ${FILE_S:-900} s"
		echo "$1" >>"$logs/failed"
	elif [ -e "$log" ]; then # else interrupted
		cat "$log"
		echo "$1" >>"$logs/failed"
	fi
}
export -f run
export logs

run_lane() { # JOBS FILE...
	xargs -r -P "$1" -n 1 bash -c 'run "$1"' run <<<"${*:2}" &
}

lane=()
for word in "$@" --; do
	if [ "$word" = -- ]; then
		run_lane "${lane[@]}"
		lane=()
	else
		lane+=("$word")
	fi
done
wait
[ -e "$logs/failed" ] || exit 0

mv "$logs/failed" "$logs/again"
while read -r file; do
	echo "once more, alone: $file"
	run "$file"
done <"$logs/again"
[ ! -e "$logs/failed" ] || { echo "failed twice:"; cat "$logs/failed"; exit 1; }
