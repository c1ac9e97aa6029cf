#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes the files that tests/unit/test_source_libav.c plays: 24 pictures of 320x180
# at 60 a second, a key frame every 12, and several that are no such video.
set -eu
mkdir -p "$1"
cd "$1"

ff() { ffmpeg -nostdin -v error -y "$@"; }
picture="-f lavfi -i testsrc2=s=320x180:r=60"
sound="-f lavfi -i sine=d=0.4"
x264="-c:v libx264 -preset veryfast -g 12 -sc_threshold 0 -pix_fmt yuv420p"

# shellcheck disable=SC2086 # the variables are lists
{
	for name in b.mp4 b.mkv b.ts b.h264; do
		ff $picture -frames:v 24 $x264 -bf 2 -movflags faststart $name
	done
	ff $picture -frames:v 24 $x264 -bf 0 raw.h264
	ff $picture -frames:v 1 $x264 one.mp4
	ff $picture -frames:v 24 $x264 -pix_fmt yuv444p 444.mp4
	ff $picture -frames:v 24 -vf "lutyuv=y=(val-16)*255/219" \
		-pix_fmt yuvj420p -c:v mjpeg -q:v 2 mjpeg.avi
	ff $sound -c:a aac sound.mp4
	ff $picture -frames:v 1 cover.png
	ff $sound -i cover.png -map 0 -map 1 -c:v png \
		-disposition:v attached_pic -c:a aac cover.m4a
	ff -i b.mp4 -c copy index_last.mp4
}

cat b.ts b.ts >twice.ts
: >empty.mp4
echo 'This is no video.' | tee text.txt text.nfo >text.mp4

# In the middle of a picture of the second GOP; and before the index.
cut_off() { head -c $(($(wc -c <"$1") * 7 / 10 + 1)) "$1" >"$2"; }
cut_off b.mp4 cut.mp4
cut_off b.mkv cut.mkv
cut_off b.ts cut.ts
cut_off index_last.mp4 noindex.mp4
head -c $(($(grep -abo mdat b.mp4 | head -n 1 | cut -d: -f1) + 14)) b.mp4 \
	>nopicture.mp4
touch .stamp
