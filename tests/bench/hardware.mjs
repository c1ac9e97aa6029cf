// SPDX-License-Identifier: MIT
/*
 * What a frame costs the media thread when hardware does the work: the
 * instructions of oriel-cam and of what libavformat does for it, without the
 * fake devices (tests/fake/), which run in the same process, and how often
 * they allocate memory: oriel-cam once a part or segment, not for a picture.
 * The difference of a long and a short run, so that starting does not count.
 * System calls are counted, not what the kernel does in them.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import { Child, newFolder } from '../e2e/child.mjs';
import { preload } from '../e2e/hostile_device.mjs';
import { table } from './figures.mjs';

const FPS = 10; // what the fake encoder manages under valgrind
const RUNS = [6000, 16000]; // ms
const ARGS = ['--source', 'v4l2', '--encoder', 'v4l2', '--width', '320',
              '--height', '192', '--fps', FPS];
const CAMERA = `sizes=320x192,640x384 fps=${FPS}`;

const ALLOCATES = /^(malloc|calloc|realloc|posix_memalign|aligned_alloc)\b/;

/*
 * One thread, by the object that does it: instructions, and how often memory
 * was allocated. Callgrind names an object or function once, and then says
 * its number.
 */
export function byObject(text) {
  const names = { ob: new Map(), fn: new Map() };
  const sums = new Map();
  let object = '';
  let callee = '';
  let skip = false; // the line behind calls= counts what was called
  const add = (what, n) => sums.set(
    `${object} ${what}`, (sums.get(`${object} ${what}`) ?? 0) + n);

  for (const line of text.split('\n')) {
    const [, called, kind, id, name] =
      /^(c?)(ob|fn)=(\(\d+\))(?: (.*))?/.exec(line) ?? [];
    const [, calls] = /^calls=(\d+)/.exec(line) ?? [];
    const [, cost] = /^[+\-*\d]\S* (\d+)$/.exec(line) ?? [];

    if (name)
      names[kind].set(id, name);
    if (kind === 'ob' && !called) {
      object = basename(names.ob.get(id));
    } else if (kind === 'fn' && called) {
      callee = names.fn.get(id);
    } else if (calls) {
      skip = true;
      if (ALLOCATES.test(callee))
        add('allocations', Number(calls));
    } else if (cost) {
      if (!skip)
        add('instructions', Number(cost));
      skip = false;
    }
  }
  return sums;
}

async function measure(program, script, args, ms) {
  const folder = newFolder();
  const child = new Child('valgrind', [
    '--tool=callgrind', '--separate-threads=yes',
    `--callgrind-out-file=${join(folder, 'out')}`, program, ...ARGS, ...args,
    '--spool', join(folder, 'spool')], {
    env: { ...process.env, LD_PRELOAD: preload(), FAKEV4L2: script,
           FAKEV4L2_ROOT: join(folder, 'root') },
  });
  await child.line(/no --relay given/, { timeout: 60000 });
  await new Promise((wake) => { setTimeout(wake, ms); });
  await child.stop({ timeout: 20000 });
  const threads = readdirSync(folder).filter((name) => /^out-/.test(name))
    .map((name) => readFileSync(join(folder, name), 'utf8'));
  const media = threads.find((text) => /\(\d+\) media_run/.test(text) &&
                                       !/\(\d+\) run_camera/.test(text));
  const [, frames] = child.lines.map(
    (line) => / of (\d+) frames/.exec(line)).find((found) => found);
  return { frames: Number(frames), objects: byObject(media) };
}

async function perFrame(program, script, args = []) {
  const [short, long] = await Promise.all(
    RUNS.map((ms) => measure(program, script, args, ms)));
  const frames = long.frames - short.frames;
  const of = (pattern) => [...long.objects.keys()]
    .filter((name) => pattern.test(name))
    .reduce((sum, name) => sum + long.objects.get(name) -
                           (short.objects.get(name) ?? 0), 0);

  return {
    oriel: Math.round(of(/^oriel-cam instructions/) / frames),
    libav: Math.round(of(/^libav\S* instructions/) / frames),
    libc: Math.round(of(/^libc[.]\S* instructions/) / frames),
    allocations: (of(/^oriel-cam allocations/) / frames).toFixed(2),
    libav_allocations: (of(/^libav\S* allocations/) / frames).toFixed(2),
  };
}

export async function benchHardware(program) {
  const ways = {
    'CSI camera, whose memory the encoder reads':
      [`pi; node cam camera profile=unicam ${CAMERA}`],
    'USB camera, which writes into the encoder\'s memory':
      [`pi; node cam camera profile=uvc ${CAMERA}`],
    'USB camera, copied':
      [`pi; node cam camera profile=uvc ${CAMERA}; ` +
       'call=REQBUFS cam fail EINVAL'],
    'CSI camera, through the ISP':
      [`pi; node cam camera profile=unicam ${CAMERA}`,
       ['--capture', '640x384']],
  };
  const rows = {};

  for (const [name, [script, args]] of Object.entries(ways))
    rows[name] = await perFrame(program, script, args);
  process.stdout.write(`\n${table([
    ['a frame, hardware encoder: instructions', 'oriel-cam', 'libav',
     'libc, for the fake too', 'allocations: oriel-cam', 'libav'],
    ...Object.entries(rows).map(([name, row]) =>
      [name, ...Object.values(row)])])}\n`);
  return rows;
}
