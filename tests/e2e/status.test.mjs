// SPDX-License-Identifier: MIT
/* What is going on, as `oriel-cam status` and the relay say it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { newFolder } from './child.mjs';
import { Camera, Relay, SLOW, finishAll, runOnce } from './oriel.mjs';

const status = (camera, ...more) =>
  runOnce('oriel-cam', ['status', '--spool', camera.spool, ...more]);

/* Asks until `is` likes the answer, and returns that. */
async function until(ask, is, what) {
  const end = performance.now() + 15000 * SLOW;
  for (;;) {
    const answer = await ask();
    if (is(answer))
      return answer;
    assert.ok(performance.now() < end,
              `${what}: ${JSON.stringify(answer)}`);
    await sleep(200);
  }
}

async function json(camera) {
  return JSON.parse((await status(camera, '--json')).output);
}

test('a camera is told of while it runs, and how it stands with its relay',
     async () => {
  const relay = await Relay.start();
  const camera = await Camera.start(relay, { name: 'told' });
  await camera.live();
  const live = await until(() => json(camera),
                           (s) => s.connected && s.fps_milli > 0 &&
                                  s.media_bytes > 0, 'never live');
  assert.equal(live.mode, 'live');
  assert.equal(live.camera, 'told');
  assert.equal(live.source, 'testcard');
  assert.equal(live.relay, `127.0.0.1:${relay.port}`);
  assert.equal(live.note, '');
  assert.ok(live.sent_bytes > live.media_bytes);
  const words = await status(camera);
  assert.equal(words.code, 0, words.lines.join('\n'));
  assert.match(words.output, /Camera +told, running for/);
  assert.match(words.output, /connected for/);

  const { device } = await relay.state('told');
  assert.equal(device.mode, 'live');
  assert.equal(device.note, '');

  relay.allowed.push(/./);
  camera.allowed.push(/uplink/);
  await relay.kill();
  const alone = await until(() => json(camera), (s) => !s.connected,
                            'still connected');
  assert.match((await until(() => json(camera), (s) => s.note, 'no note')).note,
               new RegExp(`127.0.0.1:${relay.port}: `));
  assert.ok(alone.pid === camera.child.pid || alone.pid > 0);

  await relay.begin();
  await until(() => json(camera), (s) => s.connected && !s.note,
              'the note stays');
  await finishAll(camera, relay);

  const gone = await status(camera);
  assert.equal(gone.code, 1);
  assert.match(gone.output, /No camera runs here/);
});

test('where no camera runs the relay is asked, by the camera\'s key',
     async () => {
  const relay = await Relay.start({ open: false });
  const camera = await Camera.start(relay, { name: 'afar' });
  const key = await relay.key('afar');
  const ask = (secret, args = [], port = relay.port) => runOnce('oriel-cam', [
    'status', '--spool', newFolder(), '--camera', 'afar',
    '--relay', `ws://127.0.0.1:${port}/`, ...args,
  ], { ORIEL_KEY: secret });

  await until(async () => JSON.parse((await ask(key, ['--json'])).output),
              (s) => s.relay?.state === 'live', 'never live');
  const words = await ask(key);
  assert.equal(words.code, 0, words.output);
  assert.match(words.output, /No camera runs here that can be looked at/);
  assert.match(words.output, /Camera +afar: it is live; nobody watches/);

  const wrong = await ask('wrong');
  assert.equal(wrong.code, 1);
  assert.match(wrong.output, /cannot be asked: it does not take this camera/);
  const none = await ask('');
  assert.equal(none.code, 1);
  assert.match(none.output, /there is no publish key/);

  await finishAll(camera);
  const gone = await ask(key);
  assert.equal(gone.code, 1, gone.output);
  await relay.finish();
  const away = await ask(key);
  assert.equal(away.code, 1);
  assert.match(away.output, /The relay cannot be asked: .*127\.0\.0\.1/);
});

test('a camera that nobody watches is quiet, then asleep, and says so',
     async () => {
  const relay = await Relay.start();
  const camera = await Camera.start(relay, { name: 'rests', args: [
    '--upload', 'watched', '--quiet-after', '5', '--sleep-after', '5',
    '--check-in', '1'] });
  await until(() => json(camera), (s) => s.mode === 'quiet', 'never quiet');
  assert.match((await status(camera)).output, /quiet: nobody watches/);
  const asleep = await until(() => json(camera), (s) => s.mode === 'asleep',
                             'never asleep');
  assert.equal(asleep.checkin_s, 1);
  await until(() => json(camera), (s) => !s.connected, 'still connected');
  assert.match((await status(camera)).output, /asked every 1 s/);
  assert.equal((await relay.state('rests')).device.mode, 'asleep');
  await finishAll(camera, relay);
});

test('a killed camera is not taken for one that runs', async () => {
  const relay = await Relay.start();
  const camera = await Camera.start(relay, { name: 'killed' });
  await camera.live();
  await until(() => json(camera), (s) => s.pid, 'no status');
  await camera.kill();
  const { code, output } = await status(camera);
  assert.equal(code, 1);
  assert.match(output, /is left from process \d+, which is gone/);
  assert.deepEqual(await json(camera), { running: false });
  await relay.finish();
});
