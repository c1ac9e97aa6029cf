// SPDX-License-Identifier: MIT
/*
 * Sources that are broken or no video, and spools that cannot be written. Each
 * gets a sentence that names the thing; what a relay holds stays.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, truncateSync, writeFileSync }
  from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { newFolder } from './child.mjs';
import { makeVideo, run } from './fixtures.mjs';
import { Camera, Relay, runOnce, SLOW } from './oriel.mjs';

const folder = newFolder();
const at = (name) => join(folder, name);
let relay;

before(async () => {
  relay = await Relay.start();
});

after(async () => {
  relay.allowed.push(/session|publish/);
  await relay.finish();
});

/* The program ends by itself, and one line of its says what and why. */
async function refused(source, pattern, { args = [], ...options } = {}) {
  const key = await relay.key('broken');
  const spool = join(newFolder(), 'spool');
  const { code, signal, lines } = await runOnce('oriel-cam', [
    '--relay', `ws://127.0.0.1:${relay.port}/`, '--camera', 'broken',
    '--spool', spool, '--source', source, ...args,
  ], { ORIEL_KEY: key }, options);
  const text = lines.join('\n');

  assert.equal(signal, null, text);
  assert.notEqual(code, 0, `${source} was accepted:\n${text}`);
  assert.match(text, pattern);
  assert.doesNotMatch(text, /Sanitizer|runtime error/);
  assert.ok(lines.some((line) => line.includes(source)),
            `no line names ${source}:\n${text}`);
}

/* It plays what there is, again and again, and keeps the rules. */
async function plays(name, source) {
  const camera = await Camera.start(relay, {
    name, args: ['--source', source],
  });
  // A broken file may be complained of, by name.
  camera.allowed.push(/source|libav/);
  await camera.live(15000 * SLOW);
  const { msn } = await relay.state(name);
  await sleep(4000);
  assert.equal(camera.child.how, undefined, camera.child.lines.join('\n'));
  assert.ok((await relay.state(name)).msn > msn, 'it does not go on');
  await camera.finish();
}

test('a file that does not exist', () =>
  refused(at('nowhere.mp4'), /No such file|does not exist/i));

test('an empty file', async () => {
  writeFileSync(at('empty.mp4'), '');
  await refused(at('empty.mp4'), /empty|no video|not.*video|Invalid/i);
});

test('a folder', () => refused(folder, /folder|directory|no video|Invalid/i));

test('text that is called a video', async () => {
  writeFileSync(at('text.mp4'), 'Not everything that counts is video.\n'
    .repeat(2000));
  await refused(at('text.mp4'), /no video|not.*video|Invalid/i);
});

test('noise that is called a video', async () => {
  writeFileSync(at('noise.mkv'), Buffer.from(Array.from(
    { length: 100000 }, (_, i) => (i * 2654435761) >>> 11 & 255)));
  await refused(at('noise.mkv'), /no video|not.*video|Invalid/i);
});

test('sound without a picture', async () => {
  run('ffmpeg', ['-loglevel', 'error', '-f', 'lavfi', '-i',
                 'sine=duration=5', at('sound.mp4')]);
  await refused(at('sound.mp4'), /no (usable )?video/i);
});

test('an MP4 whose index was cut off', async () => {
  makeVideo(folder, 'headless.mp4', { seconds: 5 });
  truncateSync(at('headless.mp4'), 60000);
  await refused(at('headless.mp4'), /no video|not.*video|Invalid|moov/i);
});

for (const suffix of ['ts', 'mkv', 'h264'])
  test(`a .${suffix} that was cut in mid-frame plays as far as it goes`,
       async () => {
    const path = makeVideo(folder, `cut.${suffix}`, {
      seconds: 6, gop: 30, bframes: suffix === 'h264' ? 0 : 2,
    });
    const size = readFileSync(path).length;
    truncateSync(path, Math.floor(size * 0.71) | 1);
    await plays(`cut-${suffix}`, path);
  });

test('another codec than H.264 is encoded anew', async () => {
  const path = makeVideo(folder, 'old.mp4', { seconds: 4, codec: 'mpeg4' });
  await plays('recoded', path);
});

test('standard input that is empty', () =>
  refused('-', /standard input|stdin|"?-"?.*(ended|empty|no video)/i,
          { stdio: ['ignore', 'pipe', 'pipe'] }));

test('standard input that is no video', async () => {
  const file = at('text.mp4');
  const { openSync, closeSync } = await import('node:fs');
  const fd = openSync(file, 'r');
  await refused('-', /no video|H\.264|not.*video/i,
                { stdio: [fd, 'pipe', 'pipe'] });
  closeSync(fd);
});

test('a spool below something that is no folder', async () => {
  writeFileSync(at('file'), 'x');
  const { code, lines } = await runOnce('oriel-cam', [
    '--spool', join(at('file'), 'spool')]);
  assert.notEqual(code, 0);
  assert.match(lines.join('\n'), /file\/spool/);
});

test('a spool that is not in memory is refused, unless that is wanted',
     async (t) => {
  const disk = '/var/tmp/oriel-test-spool';
  const kind = spawnSync('stat', ['-f', '-c', '%T', '/var/tmp'])
    .stdout.toString().trim();
  if (/tmpfs|ramfs/.test(kind))
    return t.skip('/var/tmp is in memory here');
  const { code, lines } = await runOnce('oriel-cam', ['--spool', disk]);
  spawnSync('rm', ['-rf', disk]);
  assert.notEqual(code, 0);
  assert.match(lines.join('\n'), /memory|tmpfs/);
  assert.match(lines.join('\n'), /spool-anywhere/);
  return undefined;
});

/* A tmpfs of `size`, or null and the reason why there is none. */
function mountSmall(size) {
  const mount = at(`small-${size}`);
  mkdirSync(mount);
  const { status, stderr } = spawnSync('mount', [
    '-t', 'tmpfs', '-o', `size=${size}`, 'oriel-test', mount]);
  return status === 0 ? { mount } : { reason: `${stderr}`.trim() };
}

test('a spool that is full: a clear message, and what is stored stays',
     async (t) => {
  const { mount, reason } = mountSmall('400k');
  if (!mount)
    return t.skip(`needs to mount a tmpfs: ${reason}`);
  try {
    const camera = new Camera(relay, { name: 'full' });
    camera.folder = mount;
    await camera.begin();
    await camera.child.line(/spool.*(full|space)|(full|space).*spool/i,
                            { timeout: 20000 * SLOW });
    const client = relay.client('full');
    const { status } = await client.get('state.json');
    assert.equal(status, 200);
    client.close();
    const { signal } = await camera.child.stop();
    assert.equal(signal, null);
    assert.deepEqual(camera.child.complaints([/^(error|warning) /]), []);
  } finally {
    spawnSync('umount', [mount]);
  }
  return undefined;
});

test('a spool that becomes read-only: a clear message', async (t) => {
  const { mount, reason } = mountSmall('20m');
  if (!mount)
    return t.skip(`needs to mount a tmpfs: ${reason}`);
  try {
    const camera = new Camera(relay, { name: 'frozen' });
    camera.folder = mount;
    await camera.begin();
    await camera.live();
    spawnSync('mount', ['-o', 'remount,ro', mount]);
    await camera.child.line(/read-only|cannot write/i,
                            { timeout: 10000 * SLOW });
    const { signal } = await camera.child.stop();
    assert.equal(signal, null);
  } finally {
    spawnSync('umount', ['-l', mount]);
  }
  return undefined;
});
