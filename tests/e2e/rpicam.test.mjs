// SPDX-License-Identifier: MIT
/*
 * --source rpicam, with a program in place of rpicam-vid that takes its
 * options and writes what it would.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readlinkSync, readdirSync, symlinkSync,
         writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { newFolder } from './child.mjs';
import { Camera, Relay, runOnce, SLOW } from './oriel.mjs';

const ENCODER = ['-preset', 'ultrafast', '-tune', 'zerolatency', '-g', '30',
                 '-bsf:v', 'dump_extra', '-f', 'h264', '-'].join(' ');
const PICTURES = 'ffmpeg -hide_banner -loglevel error -re -f lavfi ' +
                 `-i testsrc2=s=320x192:r=30 ${ENCODER}`;

let relay;

before(async () => {
  relay = await Relay.start();
});

after(() => relay.finish());

/* A folder for PATH where rpicam-vid does this. */
function stage(script) {
  const folder = newFolder();
  const path = join(folder, 'rpicam-vid');

  writeFileSync(path, `#!/bin/sh\necho $$ "$@" >>${folder}/started\n` +
                      `${script}\n`, { mode: 0o755 });
  return {
    PATH: `${folder}:${process.env.PATH}`,
    /* Each start: its process id and its arguments. */
    started: () => (existsSync(join(folder, 'started'))
      ? readFileSync(join(folder, 'started'), 'utf8').trim().split('\n')
        .map((line) => line.split(' ')) : []),
  };
}

async function start(name, script, args = []) {
  const { PATH, started } = stage(script);
  const camera = await Camera.start(relay, {
    name, env: { PATH }, args: ['--source', 'rpicam', ...args],
  });
  camera.allowed.push(/rpicam/);
  return { camera, started };
}

const isAlive = (pid) => existsSync(`/proc/${pid}/exe`);

test('it is started as this machine needs it, and ended with us', async () => {
  const { camera, started } = await start('plain', `exec ${PICTURES}`, [
    '--width', '1280', '--height', '720', '--fps', '25', '--bitrate', '2M',
    '--control', 'hflip=1']);
  await camera.live(15000 * SLOW);
  const [[pid, ...args], ...more] = started();
  assert.deepEqual(more, []);
  // no hardware encoder here: as on a Pi 5
  assert.equal(args.join(' '),
               '--timeout 0 --nopreview --width 1280 --height 720 ' +
               '--framerate 25 --codec h264 --inline --flush --intra 25 ' +
               '--bitrate 2000000 --low-latency --libav-format h264 ' +
               '--hflip 1 --output -');
  assert.ok(isAlive(pid));
  // it holds nothing of ours but its own three
  const files = readdirSync(`/proc/${pid}/fd`).map(
    (fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  assert.ok(!files.some((path) => /spool|socket/.test(path)), files.join(' '));
  assert.ok(await camera.finish() < 2000 * SLOW);
  assert.ok(!isAlive(pid));
});

test('it is started again when it dies', async () => {
  const { camera, started } = await start('dies', `exec ${PICTURES}`);
  await camera.live(15000 * SLOW);
  const before = (await relay.state('dies')).msn;
  process.kill(started()[0][0], 'SIGKILL');
  const end = performance.now() + 15000 * SLOW;
  while ((await relay.state('dies')).msn < before + 3) {
    assert.ok(performance.now() < end, camera.child.lines.join('\n'));
    await sleep(100);
  }
  assert.equal(started().length, 2);
  assert.ok(camera.child.lines.some((line) => /ended by signal 9/.test(line)));
  await camera.finish();
});

test('what it says when it cannot start is passed on', async () => {
  const { PATH } = stage('echo "ERROR: *** no cameras available ***" >&2; ' +
                         'exit 255');
  const { code, lines } = await runOnce('oriel-cam', [
    '--source', 'rpicam', '--spool', join(newFolder(), 'spool')], { PATH });
  assert.equal(code, 1);
  assert.match(lines.join('\n'),
               /ended with status 255, saying "ERROR: \S+ no cameras/);
});

test('one that does not end when asked is killed', async () => {
  const { camera, started } = await start(
    'stubborn', `trap '' TERM; ${PICTURES} & wait`);
  await camera.live(15000 * SLOW);
  const pid = started()[0][0];
  assert.ok(await camera.finish() < 2000 * SLOW);
  assert.ok(!isAlive(pid));
});

test('the package is named when it is missing', async () => {
  const folder = newFolder();
  symlinkSync('/bin/true', join(folder, 'true'));
  const { code, lines } = await runOnce('oriel-cam', [
    '--source', 'rpicam', '--spool', join(newFolder(), 'spool'),
  ], { PATH: folder });
  assert.equal(code, 1);
  assert.match(lines.join('\n'), /apt install rpicam-apps-lite/);
});
