#!/bin/bash
# SPDX-License-Identifier: MIT
# demo.sh FOLDER: relay and test card of FOLDER on this machine, until Ctrl-C.
set -eu

build=$1
camera=demo
spool=$(mktemp -d -p /dev/shm oriel-demo-XXXXXX)
relay_pid= camera_pid=

# Both programs stop by themselves on Ctrl-C; a plain kill reaches only us.
finish() {
	trap '' INT TERM HUP
	for pid in $camera_pid $relay_pid; do
		kill "$pid" 2>/dev/null || true
	done
	wait
	rm -rf "$spool"
}
trap finish EXIT
trap 'exit 0' INT TERM HUP

answers() { # PORT: whether somebody listens there
	(exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

is_live() {
	exec 3<>"/dev/tcp/127.0.0.1/$port" || return 1
	printf 'GET /%s/state.json HTTP/1.0\r\n\r\n' "$camera" >&3
	grep -q '"live"' <&3
} 2>/dev/null

alive() { # stops the demo when one of its programs has ended
	for pid in $relay_pid $camera_pid; do
		kill -0 "$pid" 2>/dev/null && continue
		echo "demo: a program ended; its last line says why" >&2
		exit 1
	done
}

port=${PORT:-8080}
while answers "$port"; do
	port=$((port + 1))
done

# Viewing is open, on loopback; publishing needs a key, as everywhere.
ORIEL_SECRET=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')
export ORIEL_SECRET
key=$("$build/oriel-relay" key "$camera")

"$build/oriel-relay" --open --listen "127.0.0.1:$port" &
relay_pid=$!
ORIEL_KEY=$key env -u ORIEL_SECRET "$build/oriel-cam" --relay "ws://127.0.0.1:$port/" \
	--camera "$camera" --source testcard --spool "$spool/spool" \
	--sleep-after 0 &
camera_pid=$!

until is_live; do
	alive
	sleep 0.2
done
cat <<END

  Watch:   http://127.0.0.1:$port/$camera/
  In VLC:  vlc http://127.0.0.1:$port/$camera/index.m3u8
  Ctrl-C ends it.

END
wait -n || true
alive
