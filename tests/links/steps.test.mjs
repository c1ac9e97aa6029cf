// SPDX-License-Identifier: MIT
/*
 * A line that carries less and less, and then more again: the picture follows,
 * and the delay stays small. LINKS=long: all steps, a minute each;
 * STEPS=1,0.5,4 for others, in Mbit/s.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { newFolder } from '../e2e/child.mjs';
import { LONG, Stage, busyVideo, keep, median } from './stage.mjs';

const MOST = 3000000;
const MBITS = process.env.STEPS?.split(',').map(Number) ??
  (LONG ? [4, 1, 0.4, 0.15, 4] : [4, 0.6, 4]);
const STEPS = MBITS.map((mbit) => mbit * 1e6);
const STEP_MS = LONG ? 60000 : 12000;

/* The bitrate, of what the line carries; seconds after a step, less exactly. */
const SHARE = LONG ? { least: 0.65, most: 0.95 } : { least: 0.2, most: 1.2 };

const ADAPT_MS = 5000;
const MOST_DELAY = LONG ? 5000 : 10000;
const FULL_MS = 30000;

let stage;
const figures = [];

before(async () => {
  stage = await Stage.open({ rate: STEPS[0], args: [
    '--source', busyVideo(newFolder()), '--encoder', 'x264',
    '--bitrate-max', String(MOST)] });
});

after(async () => {
  await stage?.close();
  figures.push(stage?.counted);
  keep('steps', figures);
});

/* What was asked for and what was sent, and the delay, for so long. */
async function watch(ms) {
  const start = Date.now(), asked = [];

  while (Date.now() < start + ms) {
    await sleep(200);
    asked.push(stage.asked());
  }
  return { start, asked };
}

for (const [i, rate] of STEPS.slice(0, -1).entries()) {
  test(`step ${i + 1}: ${rate / 1e6} Mbit/s`, async (t) => {
    stage.network.setRate(rate);
    const { start } = await watch(ADAPT_MS);
    const carried = stage.network.carried();
    const { asked } = await watch(STEP_MS - ADAPT_MS);
    const used = (stage.network.carried() - carried) * 8000 /
                 (STEP_MS - ADAPT_MS);
    const delays = stage.viewer.between(start + ADAPT_MS);
    const bitrate = median(asked);
    const row = { rate, bitrate, share: bitrate / rate, used: used / rate,
                  delay: median(delays), most: Math.max(...delays),
                  first: Math.max(...stage.viewer.between(start,
                                                          start + ADAPT_MS)) };

    figures.push(row);
    t.diagnostic(`asks for ${bitrate} bit/s, ` +
      `${(row.share * 100).toFixed(0)} % of the line, which is used to ` +
      `${(row.used * 100).toFixed(0)} %; delay ${row.delay} ms, at most ` +
      `${row.most} ms, and ${row.first} ms right after the step`);
    assert.ok(row.most < MOST_DELAY, `delay ${row.most} ms`);
    if (bitrate < MOST)
      assert.ok(row.share > SHARE.least && row.share < SHARE.most,
                `share ${row.share}`);
  });
}

test('back to all of it', async (t) => {
  stage.network.setRate(STEPS.at(-1));
  const start = Date.now();

  while (stage.asked() < MOST && Date.now() < start + FULL_MS)
    await sleep(100);
  const took = Date.now() - start;

  figures.push({ rate: STEPS.at(-1), full: took });
  t.diagnostic(`all of it after ${took} ms`);
  assert.equal(stage.asked(), MOST);
  assert.deepEqual(stage.viewer.disorder(), []);
  assert.deepEqual(stage.viewer.problems(), []);
});
