// SPDX-License-Identifier: MIT
/*
 * A line that is cut, and comes back: the camera is live again at once, and as
 * live as before soon after. LINKS=long: for longer, too.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { LONG, Stage, keep, median } from './stage.mjs';

const RATE = 4000000;
const CUTS = LONG ? [1, 5, 30, 300] : [1, 5];
const HALF_OPEN = LONG ? 60 : 8;

/*
 * The short form is about what breaks, on any machine; the long one, figures:
 * medians of as long a time before as after, to see a tenth.
 */
const BACK_MS = LONG ? 3000 : 6000;
const SETTLED_MS = 10000;
const WINDOW_MS = LONG ? 15000 : 2000;
const SLACK_MS = LONG ? 30 : 1000; // that the machine may take for itself ...
const MORE_RSS = 8 * 1024; // KiB

let stage;
let unrest = 0; // ... and what it took where nothing had happened
const figures = [];

before(async () => {
  stage = await Stage.open({ rate: RATE,
                             args: ['--encoder', 'x264', '--source',
                                    'testcard'] });
  await sleep(6000);
});

after(async () => {
  await stage?.close();
  figures.push(stage?.counted);
  keep('cuts', figures);
});

async function judge(t, what, seconds, start) {
  const { network, viewer } = stage;
  const memory = stage.rss();

  if (LONG)
    await sleep(WINDOW_MS);
  const usual = median(viewer.between(Date.now() - WINDOW_MS));

  start();
  await sleep(seconds * 1000);
  network.heal();
  const healed = Date.now();
  await sleep(SETTLED_MS + WINDOW_MS);

  const back = viewer.firstTakenAfter(healed) - healed;
  const then = median(viewer.between(healed + SETTLED_MS));
  const now = stage.rss();
  const row = { what, seconds, usual, back, then,
                missing: viewer.missing(),
                rss: { before: memory, after: now } };

  figures.push(row);
  t.diagnostic(`${what} for ${seconds} s: live after ${back} ms; delay ` +
    `${usual} ms before, ${then} ms ${SETTLED_MS / 1000} s after; ` +
    `${row.missing} segments not to be had so far; ` +
    `camera ${now.camera} KiB`);
  assert.ok(back >= 0 && back < BACK_MS, `live after ${back} ms`);
  assert.ok(then <= usual * 1.1 + SLACK_MS + unrest,
            `${then} ms, was ${usual} ms`);
  assert.ok(now.camera < memory.camera + MORE_RSS &&
            now.relay < memory.relay + MORE_RSS, JSON.stringify(row.rss));
  return row;
}

/* How much the delay goes up and down by itself, as others use the machine. */
test('a line to which nothing happens', { skip: !LONG }, async (t) => {
  unrest = Infinity;
  const { usual, then } = await judge(t, 'nothing', 0, () => {});

  unrest = Math.abs(then - usual);
});

for (const seconds of CUTS) {
  test(`a line that was cut for ${seconds} s`, async (t) => {
    const missing = stage.viewer.missing();
    const row = await judge(t, 'cut', seconds, () => stage.network.cut());

    if (seconds <= 1 && LONG)
      assert.equal(row.missing, missing, 'there was time to send it all');
  });
}

test('a line that carries one way only', async (t) => {
  await judge(t, 'half open', HALF_OPEN, () => stage.network.halfOpen());
});

test('a camera that gets another address', async (t) => {
  await judge(t, 'another address', 0, () => stage.network.move());
});

test('what viewers saw of it', (t) => {
  const { viewer } = stage;

  t.diagnostic(`${viewer.parts.length} parts, ${viewer.missing()} segments ` +
               `missing, ${viewer.follower.unavailable} times 503`);
  assert.deepEqual(viewer.disorder(), []);
  assert.deepEqual(viewer.problems(), []);
});
