// SPDX-License-Identifier: MIT
/*
 * How far behind the camera other players are, with the options of
 * docs/players.md: they show the test card, write what they show to files at
 * the moment they show it, and the timecode in a file is compared with the
 * time of the file. ffplay cannot write; ffmpeg that reads at the pace of the
 * stream, with the same options, stands for it. VLC's filter that writes runs
 * just before a picture is due.
 */
import { chmodSync, readdirSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { Child, newFolder } from '../e2e/child.mjs';
import { run } from '../e2e/fixtures.mjs';
import { Camera, Relay } from '../e2e/oriel.mjs';
import { age, decodeCells, percentile } from '../e2e/timecode.mjs';

const SECONDS = 25;
const WARM_UP = 10;

const { values } = parseArgs({
  options: { player: { type: 'string', multiple: true } },
});

const PLAYERS = {
  mpv: (url, folder) => ['mpv', ['--no-config', '--profile=low-latency',
    '--no-audio', '--demuxer-lavf-o=live_start_index=-1', '--no-cache',
    '--vo=image', '--vo-image-format=jpg', `--vo-image-outdir=${folder}`,
    '--no-input-terminal', url]],
  gstreamer: (url, folder) => ['gst-launch-1.0', ['playbin3', `uri=${url}`,
    'audio-sink=fakesink', 'video-sink=videoconvert ! jpegenc ! ' +
    `multifilesink sync=true location=${folder}/%05d.jpg`]],
  vlc: (url, folder) => ['vlc', ['-I', 'dummy', '--no-audio', '--vout=dummy',
    '--no-video-title-show', '--quiet', '--adaptive-lowlatency=1',
    '--adaptive-livedelay=2000', '--network-caching=300',
    '--video-filter=scene', '--scene-format=jpg', '--scene-ratio=6',
    `--scene-path=${folder}`, url],
  // It refuses root; somebody else will do.
  process.getuid() === 0 ? { uid: 65534, gid: 65534,
                             env: { ...process.env, HOME: folder } } : {}],
  'ffmpeg (as ffplay)': (url, folder) => ['ffmpeg', ['-nostdin', '-re',
    '-fflags', 'nobuffer', '-flags', 'low_delay', '-live_start_index', '-1',
    '-i', url, '-vf', 'fps=5', '-flush_packets', '1', `${folder}/%05d.jpg`]],
};

/* The timecode in the strip on top of a picture, or null. */
function readTimecode(path) {
  const cells = run('ffmpeg', ['-nostdin', '-loglevel', 'error', '-i', path,
    '-vf', 'crop=iw:8:0:4,scale=40:1:flags=area,format=gray', '-f', 'rawvideo',
    '-']);
  return decodeCells([...cells]);
}

async function measure(name, url) {
  const folder = newFolder();
  const [command, args, options = {}] = PLAYERS[name](url, folder);

  chmodSync(folder, 0o777);
  const child = new Child(command, args, options);
  const ages = [];
  const seen = new Set();

  const begun = Date.now();
  let first = null;
  while (Date.now() - begun < SECONDS * 1000) {
    await sleep(500);
    // Not the newest: it may still be written.
    const names = readdirSync(folder)
      .filter((file) => file.endsWith('.jpg')).sort().slice(0, -1);
    const fresh = names.filter((file) => !seen.has(file));
    for (const file of fresh)
      seen.add(file);
    if (!fresh.length)
      continue;
    first ??= Date.now() - begun;
    if (Date.now() - begun < WARM_UP * 1000)
      continue;
    const path = `${folder}/${fresh.at(-1)}`;
    const timecode = readTimecode(path);
    if (timecode !== null)
      ages.push(age(timecode, statSync(path).mtimeMs));
  }
  await child.kill();
  console.log(ages.length
    ? `${name}: p50 ${percentile(ages, 0.5).toFixed(0)} ms, p95 ` +
      `${percentile(ages, 0.95).toFixed(0)} ms (${ages.length} pictures, ` +
      `first after ${(first / 1000).toFixed(1)} s)`
    : `${name}: no picture\n${child.lines.slice(-5).join('\n')}`);
}

const relay = await Relay.start();
const camera = await Camera.start(relay, { name: 'porch' });
await camera.live();
await sleep(8000); // a whole window
for (const name of values.player ?? Object.keys(PLAYERS))
  await measure(name, `${relay.url}porch/index.m3u8`);
await camera.finish();
await relay.finish();
