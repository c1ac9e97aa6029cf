// SPDX-License-Identifier: MIT
/*
 * What camera and relay cost the machine they run on. Prints it and writes
 * build/bench/bench.json.
 *
 * The camera: instructions, as valgrind counts them, for a frame of a
 * recording that is only packaged; the difference between a long and a short
 * one, so that starting does not count; beside it FFmpeg doing the same. The
 * relay: answers per second to wrk, each on a core of its own, and the
 * instructions of serving.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Child, newFolder } from '../e2e/child.mjs';
import { makeVideo } from '../e2e/fixtures.mjs';
import { Camera, Relay } from '../e2e/oriel.mjs';
import { table } from './figures.mjs';
import { benchHardware } from './hardware.mjs';
import { benchServing } from './serving.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const BUILD = resolve(ROOT, process.env.BUILD ?? 'build/release');
const FPS = 30;
const LENGTHS = [10, 40]; // seconds of video
const WRK_SECONDS = 5;
const CONNECTIONS = 64;

const has = (command) => spawnSync('which', [command]).status === 0;
const folder = newFolder();

/* --- the camera ----------------------------------------------------------- */

/* Instructions of one run. */
async function countInstructions(name, command, args, env) {
  const out = join(folder, `callgrind.${name}`);
  const child = new Child('valgrind', [
    '--tool=callgrind', `--callgrind-out-file=${out}`, command, ...args,
  ], { env: { ...process.env, ...env } });
  const { code } = await child.ended;

  if (code !== 0)
    throw new Error(`${name}: ${child.lines.slice(-5).join('\n')}`);
  return Number(/^(?:summary|totals): (\d+)/m.exec(readFileSync(out, 'utf8'))[1]);
}

function orielCam(name, video, more = []) {
  return [join(BUILD, 'oriel-cam'), ['--source', video, '--once', '--spool',
                                     join(folder, name), '--log', 'error',
                                     ...more]];
}

function ffmpeg(name, video, type) {
  return ['ffmpeg', ['-nostdin', '-loglevel', 'error', '-y', '-i', video,
                     '-c', 'copy', '-f', 'hls', '-hls_time', '1',
                     '-hls_segment_type', type, '-hls_flags',
                     'delete_segments', join(folder, `${name}.m3u8`)]];
}

/* Instructions per frame, starting and stopping taken out. */
async function perFrame(name, make, env) {
  const counts = await Promise.all(LENGTHS.map((seconds) => {
    const video = join(folder, `${seconds}.mp4`);

    return countInstructions(`${name}-${seconds}`,
                             ...make(`${name}-${seconds}`, video), env);
  }));

  return Math.round((counts[1] - counts[0]) /
                    ((LENGTHS[1] - LENGTHS[0]) * FPS));
}

async function benchCamera() {
  if (!has('valgrind') || !has('ffmpeg')) {
    process.stdout.write('Skipping the camera: valgrind and ffmpeg are ' +
                         'needed.\n');
    return null;
  }
  for (const seconds of LENGTHS)
    makeVideo(folder, `${seconds}.mp4`, { seconds, gop: FPS, bframes: 0 });
  const relay = await Relay.start();
  const env = { ORIEL_KEY: await relay.key('bench') };
  const upload = (name, video) => orielCam(name, video, [
    '--relay', `ws://127.0.0.1:${relay.port}/`, '--camera', 'bench']);
  const rows = {};

  for (const profile of ['lan', 'default', 'thrifty'])
    rows[`oriel-cam, to the spool, --latency ${profile}`] =
      await perFrame(profile, (name, video) => orielCam(
        name, video, ['--latency', profile]));
  // One after another: a camera has one device.
  const counts = [];
  for (const seconds of LENGTHS)
    counts.push(await countInstructions(
      `up-${seconds}`, ...upload(`up-${seconds}`,
                                 join(folder, `${seconds}.mp4`)), env));
  rows['oriel-cam, and up to a relay, --latency default'] = Math.round(
    (counts[1] - counts[0]) / ((LENGTHS[1] - LENGTHS[0]) * FPS));
  rows['ffmpeg -f hls, MPEG-TS, segments of 1 s'] =
    await perFrame('ts', (name, video) => ffmpeg(name, video, 'mpegts'));
  rows['ffmpeg -f hls, fMP4, segments of 1 s'] =
    await perFrame('fmp4', (name, video) => ffmpeg(name, video, 'fmp4'));
  await relay.child.stop();
  process.stdout.write(`\n${table([
    ['instructions for a frame (640x360, 1 Mbit/s)', ''],
    ...Object.entries(rows)])}\n`);
  return rows;
}

/* --- the relay ------------------------------------------------------------ */

function cpuTicks(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]
    .split(' ');

  return Number(fields[11]) + Number(fields[12]); // utime, stime; 10 ms
}

async function wrk(relay, name, url, headers = []) {
  const before = cpuTicks(relay.child.pid);
  const child = new Child('taskset', [
    '-c', '1', 'wrk', '-t1', `-c${CONNECTIONS}`, `-d${WRK_SECONDS}s`,
    '--latency', ...headers.flatMap((header) => ['-H', header]), url]);

  await child.ended;
  const ticks = cpuTicks(relay.child.pid) - before;
  const requests = Number(/(\d+) requests in/.exec(child.output)[1]);

  return {
    name,
    per_second: Math.round(requests / WRK_SECONDS),
    cpu_us_each: Math.round((ticks * 1e5) / requests) / 10,
    p99: /99%\s+(\S+)/.exec(child.output)[1],
    errors: /Non-2xx.*: (\d+)/.exec(child.output)?.[1] ?? '0',
  };
}

async function benchRelay() {
  if (!has('wrk') || !has('taskset')) {
    process.stdout.write('\nSkipping the relay: wrk and taskset are ' +
                         'needed.\n');
    return null;
  }
  const relay = await Relay.start({ args: ['--max-connections', '8000'] });
  // A recording that has ended stays as it is, so parts do not go away.
  const camera = await Camera.start(relay, { name: 'bench' });

  spawnSync('taskset', ['-cp', '0', String(relay.child.pid)]);
  await camera.live();
  await new Promise((wake) => { setTimeout(wake, 8500); });
  camera.child.signal('SIGSTOP'); // what is listed stays listed
  const client = relay.client('bench');
  const { body } = await client.get('index.m3u8');
  const part = /URI="([^"]+\.\d+\.m4s)"/.exec(body.toString())[1];
  const segment = /^[^#].*\.m4s$/m.exec(body.toString())[0];
  const size = async (path) => (await client.get(path)).body.length;
  const rows = [];

  for (const [name, path] of [['part', part], ['segment', segment]])
    rows.push(await wrk(relay, `${name}, ${await size(path)} bytes`,
                        `${relay.url}bench/${path}`));
  client.close();
  camera.child.signal('SIGCONT');
  await camera.live();
  rows.push(await wrk(relay, 'playlist, gzip', `${relay.url}bench/index.m3u8`,
                      ['Accept-Encoding: gzip']));
  rows.push(await wrk(relay, 'page', `${relay.url}bench/`,
                      ['Accept-Encoding: gzip']));
  const resident = /VmRSS:\s+(\d+)/.exec(
    readFileSync(`/proc/${relay.child.pid}/status`, 'utf8'))[1];

  await camera.child.stop();
  await relay.child.stop();
  process.stdout.write(`\n${table([
    ['relay, one core, 64 connections', 'answers/s', 'us of CPU', 'p99',
     'errors'],
    ...rows.map((row) => [row.name, row.per_second, row.cpu_us_each, row.p99,
                          row.errors])])}\n${resident} kB resident\n`);
  return { rows, resident_kb: Number(resident) };
}

const results = {
  when: new Date().toISOString(),
  binary_bytes: Object.fromEntries(['oriel-cam', 'oriel-relay'].map(
    (name) => [name, statSync(join(BUILD, name)).size])),
  camera: await benchCamera(),
  hardware: has('valgrind') &&
            await benchHardware(join(BUILD, 'oriel-cam')),
  relay: await benchRelay(),
  serving: has('valgrind') && await benchServing(),
};

mkdirSync(join(ROOT, 'build/bench'), { recursive: true });
writeFileSync(join(ROOT, 'build/bench/bench.json'),
              `${JSON.stringify(results, null, 1)}\n`);
process.stdout.write('\nAll of it is in build/bench/bench.json.\n');
process.exit(0);
