#!/bin/sh
# SPDX-License-Identifier: MIT
# security_table.sh: every row of the table in SECURITY.md names a test that
# exists. A row ends in "| FILE: BEGINNING |".
set -u
cd "$(dirname "$0")/.." || exit 1

rows=0
wrong=0
while IFS='|' read -r _ attempt answer proof _; do
	case "$proof" in *': '*) ;; *) continue ;; esac
	rows=$((rows + 1))
	file=tests/e2e/$(echo "${proof%%:*}" | tr -d ' ').test.mjs
	name=$(echo "${proof#*: }" | sed 's/ *$//')
	# A name may be in the line below its test(.
	if ! tr -d '\n' <"$file" 2>/dev/null |
		grep -qF "test('$name"; then
		echo "SECURITY.md: no test \"$name\" in $file" >&2
		wrong=1
	fi
done <SECURITY.md
if [ "$rows" -lt 30 ]; then
	echo "SECURITY.md: only $rows rows of attempts" >&2
	wrong=1
fi
exit $wrong
