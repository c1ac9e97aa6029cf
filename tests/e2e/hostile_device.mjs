// SPDX-License-Identifier: MIT
/*
 * A camera whose devices are the fake ones of tests/fake/, and a viewer of
 * its stream who looks at each picture's timecode.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync,
         writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { Follower } from './follower.mjs';
import { readInit, readPart } from './mp4.mjs';
import { Camera, SANITIZED, SLOW } from './oriel.mjs';
import { Starvation, starvedSeconds } from './starvation.mjs';
import { CELLS, decodeCells } from './timecode.mjs';

const BUILD = resolve(dirname(fileURLToPath(import.meta.url)), '../..',
                      process.env.BUILD ?? 'build/release');

export const WIDTH = 640;
export const HEIGHT = 360;
const STRIP = 16; // lines of the timecode
const TICKS = 100; // clock ticks a second: sysconf(_SC_CLK_TCK) on Linux

/* What has to be in front: the sanitizer's own library, if there is one. */
export function preload() {
  const fake = join(BUILD, 'tests/fake/libfakev4l2.so');
  const linked = execFileSync('ldd', [join(BUILD, 'oriel-cam')]).toString();
  const sanitizer = /=> (\S*lib[at]san\S*)/.exec(linked)?.[1];

  return sanitizer ? `${sanitizer} ${fake}` : fake;
}

export class HostileCamera extends Camera {
  /* `script`: lines as tests/fake/README.md has them. */
  constructor(relay, { script, args = [], ...options }) {
    super(relay, {
      args: ['--source', 'v4l2', '--encoder', 'v4l2',
             '--width', String(WIDTH), '--height', String(HEIGHT), ...args],
      ...options,
    });
    this.script = join(this.folder, 'script');
    writeFileSync(this.script, `${script.join('\n')}\n`);
    this.moreEnv = {
      ...this.moreEnv, LD_PRELOAD: preload(), FAKEV4L2_FILE: this.script,
      FAKEV4L2_ROOT: join(this.folder, 'root'), FAKEV4L2: '',
      FAKEV4L2_REPORT: this.reportPath,
    };
  }

  static async start(relay, options) {
    const camera = new HostileCamera(relay, options);
    await camera.begin();
    return camera;
  }

  get reportPath() {
    return join(this.folder, 'report.json');
  }

  /* Something else goes wrong from now on. */
  goesWrong(...lines) {
    appendFileSync(this.script, `${lines.join('\n')}\n`);
  }

  /* What was done with the devices so far; at most 0.2 s old. */
  report() {
    return JSON.parse(readFileSync(this.reportPath, 'utf8'));
  }

  /* Until the report satisfies `check`. */
  async reports(check, timeout = 10000 * SLOW) {
    const end = performance.now() + timeout;
    while (!(existsSync(this.reportPath) && check(this.report()))) {
      assert.ok(performance.now() < end,
                `not seen in ${timeout} ms: ${check}\n` +
                this.child.lines.join('\n'));
      await sleep(50);
    }
    return this.report();
  }

  /* Seconds of processor time, without what the fake itself took. */
  cpuSeconds() {
    const stat = readFileSync(`/proc/${this.child.pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    const nodes = Object.values(this.report().nodes);
    const own = nodes.reduce((sum, node) => sum + node.worker_cpu_us, 0);

    return ticks / TICKS - own / 1e6;
  }

  /* Ends it by SIGTERM: { code, signal, ms }; within two seconds. */
  async stop() {
    const how = await this.child.stop();
    assert.ok(how.ms < 2000 * SLOW, `took ${how.ms.toFixed(0)} ms to leave`);
    return how;
  }

  /* The same, of one that has nothing to complain of. */
  async leave() {
    const ms = await this.finish();
    assert.ok(ms < 2000 * SLOW, `took ${ms.toFixed(0)} ms to leave`);
  }
}

/* Shrinks each picture to its 40 cells: timecodes in ms; null: unreadable. */
export async function decodeTimecodes(h264) {
  const child = spawn('ffmpeg', ['-hide_banner', '-loglevel', 'error',
    '-flags', '+output_corrupt', '-f', 'mp4', '-i', 'pipe:0', '-fps_mode',
    'passthrough', '-vf', `crop=iw:${STRIP}:0:0,scale=${CELLS}:1:flags=area`,
    '-f', 'rawvideo', '-pix_fmt', 'gray', 'pipe:1']);
  const output = [];
  const errors = [];

  child.stdout.on('data', (bytes) => output.push(bytes));
  child.stderr.on('data', (bytes) => errors.push(bytes));
  child.stdin.on('error', () => {});
  child.stdin.end(h264);
  await new Promise((resolve) => { child.on('close', resolve); });
  const cells = Buffer.concat(output);
  const codes = [];
  for (let at = 0; at + CELLS <= cells.length; at += CELLS)
    codes.push(decodeCells([...cells.subarray(at, at + CELLS)]));
  return { codes, errors: Buffer.concat(errors).toString().trim() };
}

/*
 * A program that was not let run finds a key frame elsewhere than it should
 * be: a part that was announced may then be another segment's first.
 */
const WRONG_HINT = /^playlist: hinted \S+ became/;

/* A viewer: everything that is published, and what the pictures show. */
export class Watcher {
  constructor(camera, options = {}) {
    this.camera = camera;
    this.client = camera.relay.client(camera.name);
    this.runs = []; // parts of one init segment: { map, parts, samples }
    this.discontinuities = new Set(); // media sequence numbers
    this.follower = new Follower(this.client, {
      slow: 8 * SLOW, keysEverywhere: false,
      onPart: (part) => this.#take(part), ...options,
    });
  }

  #take({ msn, part, bytes, map, segment }) {
    if (this.runs.at(-1)?.map !== map)
      this.runs.push({ map, parts: [], samples: [] });
    const run = this.runs.at(-1);
    run.parts.push(bytes);
    for (const [i, { dts, key, duration }] of readPart(bytes).entries())
      run.samples.push({ dts, key, duration, msn, part,
                         at: performance.now(),
                         jump: segment.discontinuity && part === 0 &&
                           i === 0 });
    if (segment.discontinuity)
      this.discontinuities.add(msn);
  }

  /* Follows until `stop` is settled or for so many milliseconds. */
  async watch(milliseconds) {
    await this.follower.run(milliseconds);
  }

  /* What is wrong with the playlists of a program that was let run or not. */
  problems(starved = false) {
    return this.follower.problems.filter(
      (text) => !(starved && WRONG_HINT.test(text)));
  }

  /*
   * All frames: { dts (ms), key, jump, code (ms mod 2^32 or null) }. `errors`
   * is what the decoder had to say.
   */
  async frames() {
    const frames = [];
    const errors = [];

    for (const run of this.runs) {
      const init = (await this.client.get(run.map)).body;
      const { timescale } = readInit(init);
      const decoded = await decodeTimecodes(
        Buffer.concat([init, ...run.parts]));
      if (decoded.errors)
        errors.push(decoded.errors);
      run.samples.forEach((sample, i) => frames.push({
        ...sample, dts: (sample.dts * 1000) / timescale,
        ms: (sample.duration * 1000) / timescale,
        code: decoded.codes[i] ?? null,
      }));
      this.undecoded = (this.undecoded ?? 0) + run.samples.length -
        decoded.codes.length;
    }
    return { frames, errors };
  }

  close() {
    this.client.close();
  }
}

/* What the processor may be busy with, of one core; more is a busy loop. */
const MOST_CPU = SANITIZED ? 0.8 : 0.25;
/*
 * Pictures are lost, rightly, when a program is too slow, or is not let run:
 * one break for each tenth of a second, as the encoder has room for as much.
 */
const moreJumps = (starved) =>
  (SANITIZED ? 2 : 0) + Math.floor(starved / 0.1);

/* Calls a second into all devices together, at 30 frames a second. */
const MOST_CALLS = 700;
const MOST_POLLS = 400;

/*
 * Runs one camera with its script, watches it, ends it, and judges all that
 * holds for each: no rule of HLS broken, each picture readable and in order,
 * nothing leaked, nothing called in a loop, gone within two seconds.
 *
 *   script      devices and faults
 *   seconds     to watch, from when it is live
 *   allow       patterns of what it may complain of
 *   unreadable  pictures that may have no timecode, or an old one (0)
 *   jumps       [least, most] discontinuities (none)
 *   mostCalls   ioctls a second (MOST_CALLS)
 *   unused      true: not every fault of the script needs to have hit
 *
 * Resolves to { frames, report, camera, starvation }, for what is special.
 */
export async function runHostile(relay, options) {
  const { name, script, args, seconds = 5,
          allow = [], unreadable = 0, jumps = [0, 0],
          unused = false, mostCalls = MOST_CALLS } = options;
  const camera = await HostileCamera.start(relay, { name, script, args });
  camera.allowed.push(...allow);
  const watcher = new Watcher(camera);
  // A relay that is kept from running has a camera send less.
  const starvation = new Starvation(camera.child.pid, relay.child.pid);
  try {
    await camera.live(20000 * SLOW);
    const before = { now: performance.now(), cpu: camera.cpuSeconds(),
                     starved: starvedSeconds(camera.child.pid),
                     report: camera.report() };
    await watcher.watch(seconds * 1000);
    const more = moreJumps(starvedSeconds(camera.child.pid) - before.starved);
    checkLoad(camera, before, mostCalls);
    const { frames, errors } = await watcher.frames();
    await camera.leave();
    const report = camera.report();
    checkLeaks(report);
    if (!unused)
      checkHits(report);
    assert.deepEqual(watcher.problems(more > 0), []);
    checkFrames(frames, errors, { unreadable, seconds });
    const jumped = frames.filter(({ jump }, i) => jump && i > 0).length;
    assert.ok(jumped >= jumps[0] && jumped <= jumps[1] + more,
              `${jumped} discontinuities, not ${jumps.join(' to ')}:\n` +
              camera.child.lines.join('\n'));
    return { frames, report, camera, starvation };
  } catch (error) {
    error.message += `\n--- ${name}:\n${camera.child.lines.join('\n')}`;
    throw error;
  } finally {
    starvation.close();
    watcher.close();
    await camera.kill();
  }
}

const sum = (report, counter) =>
  Object.values(report.nodes).reduce((all, node) => all + node[counter], 0);

function checkLoad(camera, before, mostCalls) {
  const seconds = (performance.now() - before.now) / 1000;
  const cpu = (camera.cpuSeconds() - before.cpu) / seconds;
  const report = camera.report();
  const rate = (counter) =>
    (sum(report, counter) - sum(before.report, counter)) / seconds;

  assert.ok(cpu < MOST_CPU, `uses ${(cpu * 100).toFixed(0)} % of a core`);
  assert.ok(rate('calls') < mostCalls, `${rate('calls')} ioctls a second`);
  assert.ok(rate('polls') < MOST_POLLS, `${rate('polls')} polls a second`);
}

export function checkLeaks(report) {
  const { open_files, open_exports, maps, memories } = report;
  assert.deepEqual({ open_files, open_exports, maps, memories },
                   { open_files: 0, open_exports: 0, maps: 0, memories: 0 });
}

function checkHits({ faults }) {
  for (const { line, hits } of faults)
    assert.ok(hits > 0, `never happened: ${line}`);
}

/* Each picture is newer than the one before, by what they show. */
function checkFrames(frames, errors, { unreadable, seconds }) {
  let bad = 0;
  let newest = null;

  assert.ok(frames.length > seconds * 4, `only ${frames.length} frames`);
  // Nobody begins to play where there is no key.
  for (const { code } of frames.slice(frames.findIndex(({ key }) => key))) {
    const fresh = code !== null &&
      (newest === null || ((code - newest) | 0) > 0); // modulo 2^32
    if (fresh)
      newest = code;
    bad += !fresh;
  }
  assert.ok(bad <= unreadable,
            `${bad} of ${frames.length} pictures cannot be read, or are old: ` +
            `${frames.map(({ code }) => code).join(' ')}\n${errors.join()}`);
}
