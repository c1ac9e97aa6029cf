#!/bin/bash
# SPDX-License-Identifier: MIT
# in_namespace.sh COMMAND...: runs it in a network namespace of its own, where
# it may make others and the lines between them. Root's, where root may do
# that; else one of a user namespace, in which anybody is root.
set -eu

for way in '-n' '-rn'; do
	# shellcheck disable=SC2086
	if unshare $way ip link set lo up 2>/dev/null; then
		exec unshare $way sh -c 'ip link set lo up && exec "$@"' sh "$@"
	fi
done
echo "in_namespace.sh: neither root's network namespaces nor user namespaces" \
	"can be made here. Run it as root with CAP_SYS_ADMIN and CAP_NET_ADMIN," \
	"or allow user namespaces: sysctl kernel.unprivileged_userns_clone=1," \
	"and on Ubuntu kernel.apparmor_restrict_unprivileged_userns=0" >&2
exit 1
