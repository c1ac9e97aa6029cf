// SPDX-License-Identifier: MIT
/*
 * A data budget: the picture gets coarser so that it lasts; where that cannot
 * be, there are only posters in the end, and with the next period all is back.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { newFolder } from './child.mjs';
import { Camera, Relay, SLOW, finishAll, runOnce } from './oriel.mjs';

const PERIOD = 16; // seconds

const status = async (camera) => JSON.parse((await runOnce('oriel-cam', [
  'status', '--json', '--spool', camera.spool])).output);

async function until(ask, is, what) {
  const end = performance.now() + 4 * PERIOD * 1000 * SLOW;
  for (;;) {
    const answer = await ask();
    if (is(answer))
      return answer;
    assert.ok(performance.now() < end,
              `${what}: ${JSON.stringify(answer)}`);
    await sleep(200);
  }
}

const start = (relay, name, budget, ...more) => Camera.start(relay, {
  name, args: ['--data-budget', `${budget}/${PERIOD}s`, '--upload', 'always',
               '--bitrate', '2M', '--poster', '2', ...more],
});

test('the picture is coarser so that the budget lasts', async () => {
  const relay = await Relay.start();
  const camera = await start(relay, 'coarse', '1M', '--state', newFolder());
  const seen = () => status(camera);

  const coarse = await until(seen, (s) => s.budget_bitrate > 0, 'no ceiling');
  assert.ok(coarse.budget_bitrate < 2000000, JSON.stringify(coarse));
  assert.match(coarse.note, /coarser/);
  await camera.child.line(/the picture gets coarser/);
  await until(seen, (s) => s.bitrate && s.bitrate <= s.budget_bitrate,
              'the encoder does not follow');
  await finishAll(camera, relay);
});

test('what was counted outlives a kill, also while no relay tells the time',
     async (t) => {
  const relay = await Relay.start();
  const state = newFolder();
  const camera = await Camera.start(relay, { name: 'killed', args: [
    '--data-budget', '10M/day', '--state', state,
    '--upload', 'always', '--bitrate', '2M'] });
  camera.allowed.push(/uplink/); // of a relay that is gone
  const kept = () => {
    const file = join(state, 'killed.budget');

    return existsSync(file)
      ? Number(/used_bytes (\d+)/.exec(readFileSync(file, 'utf8'))[1]) : 0;
  };

  await until(kept, (bytes) => bytes > 10000, 'nothing is written down');
  await camera.kill();
  await relay.kill();
  const bytes = kept();
  await camera.begin();
  const after = await until(() => status(camera), (s) => s.budget_bytes > 0,
                            'no budget');
  assert.equal(after.budget_used_bytes, bytes);
  assert.ok(after.budget_ends_us > 0, 'the period is forgotten');
  await relay.begin();
  await until(() => status(camera), (s) => s.budget_used_bytes > bytes,
              'it does not go on');
  const said = camera.children.flatMap(({ lines }) => lines)
    .filter((line) => /budget/.test(line));
  t.diagnostic(`${bytes} bytes were kept; the log said ` +
               JSON.stringify(said));
  assert.ok(said.length <= 4, said.join('\n'));
  await finishAll(camera, relay);
});

test('a budget that is used up leaves posters, until its next period',
     async (t) => {
  const BUDGET = 150000; // less than the least bitrate takes
  const relay = await Relay.start();
  const state = join(newFolder(), 'state');
  const camera = await start(relay, 'spent', BUDGET, '--state', state);
  camera.allowed.push(/too slow/); // to catch up at once, when it is back
  const seen = () => status(camera);

  const spent = await until(seen, (s) => s.mode === 'posters', 'never spent');
  const { device } = await until(() => relay.state('spent'),
                                 (s) => s.device?.mode === 'posters',
                                 'the relay does not know');
  assert.match(device.note, /data budget is used up/);
  assert.ok(spent.budget_used_bytes > 0.9 * BUDGET);
  await sleep(1500); // what was on its way
  const before = await seen();
  await sleep(1500);
  const after = await seen();
  t.diagnostic(`${spent.budget_used_bytes} of ${BUDGET} bytes when the video ` +
               `ended, ${after.budget_used_bytes} three seconds later`);
  if (after.mode === 'posters') {
    assert.equal(after.media_bytes, before.media_bytes, 'media goes on');
    assert.equal(after.frames, before.frames, 'the encoder goes on');
  }

  const back = await until(seen, (s) => s.mode === 'live', 'never back');
  assert.ok(back.budget_ends_us > spent.budget_ends_us);
  await until(seen, (s) => s.media_bytes > after.media_bytes, 'no media');
  await until(seen, (s) => s.frames > after.frames, 'no frames');
  assert.equal((await seen()).skipped_ms, 0, 'nothing was skipped');
  await camera.finish();
  // for the next process
  assert.match(readFileSync(join(state, 'spent.budget'), 'utf8'),
               /^oriel budget 1\n/);
  await relay.finish();
});
