// SPDX-License-Identifier: MIT
/*
 * Recorded video that tests need, made by ffmpeg when they need it: a picture
 * that is different in every frame, with B-frames and a long GOP as cameras'
 * files have them.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { accessUnits } from './h264.mjs';

export function run(command, args) {
  const { status, stderr, stdout, error } = spawnSync(command, args, {
    maxBuffer: 64 << 20,
  });
  if (status !== 0)
    throw new Error(`${command} ${args.join(' ')}: ${error ?? stderr}`);
  return stdout;
}

/* Makes `name` (the suffix tells the container) in `folder`. */
export function makeVideo(folder, name, { seconds = 20, fps = 30, gop = 60,
                                          bframes = 2, size = '640x360',
                                          kbits = 1000, codec = 'libx264',
                                          extra = [] } = {}) {
  const path = join(folder, name);
  const x264 = ['-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-bf',
                String(bframes), '-g', String(gop), '-keyint_min', String(gop),
                '-sc_threshold', '0', '-b:v', `${kbits}k`, '-maxrate',
                `${kbits}k`, '-bufsize', `${kbits / 2}k`];

  run('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-y', '-f', 'lavfi',
    '-i', `testsrc2=size=${size}:rate=${fps}:duration=${seconds}`,
    '-c:v', codec, ...(codec === 'libx264' ? x264 : []), ...extra, path]);
  return path;
}

/* Its packets as the container tells them: [{ pts, dts }] in seconds. */
export function packetsOf(path) {
  const text = run('ffprobe', ['-v', 'error', '-select_streams', 'v:0',
    '-show_entries', 'packet=pts_time,dts_time', '-of', 'csv=p=0', path]);
  return text.toString().trim().split('\n').map((line) => {
    const [pts, dts] = line.split(',').map(Number);
    return { pts, dts };
  });
}

/* Its access units as Annex B, in decoding order. */
export function unitsOf(path) {
  return accessUnits(run('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-i',
    path, '-map', '0:v:0', '-c', 'copy', '-f', 'h264', '-']));
}

/* As rpicam-vid --inline -o - writes: parameter sets before each IDR. */
export function makeAnnexb(folder, options = {}) {
  const path = makeVideo(folder, 'pipe.h264', {
    bframes: 0, extra: ['-tune', 'zerolatency', '-x264-params',
                        'repeat-headers=1:aud=0'], ...options,
  });
  return { path, units: accessUnits(readFileSync(path)) };
}
