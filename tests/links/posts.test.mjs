// SPDX-License-Identifier: MIT
/*
 * A line that becomes slow under a camera that sends by requests: what was
 * posted cannot be taken back, and its answer is all that is heard of it, and
 * still the picture follows. POSTS_S=n: for so many seconds.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { newFolder } from '../e2e/child.mjs';
import { LONG, Stage, busyVideo, keep, median } from './stage.mjs';

const MOST = 2000000;
const FAST = 4000000, SLOW = 400000;
const SECONDS = Number(process.env.POSTS_S ?? (LONG ? 40 : 2));
const ADAPT_MS = LONG ? 5000 : 3000;
const MOST_DELAY = LONG ? 5000 : 10000;
const FULL_MS = 30000;

let stage;
const figures = {};

before(async () => {
  stage = await Stage.open({ rate: FAST, scheme: 'http', args: [
    '--source', busyVideo(newFolder()), '--encoder', 'x264',
    '--bitrate', '1M', '--bitrate-max', String(MOST)] });
});

after(async () => {
  await stage?.close();
  keep('posts', figures);
});

async function until(what, condition) {
  for (const end = Date.now() + FULL_MS; !condition();) {
    assert.ok(Date.now() < end, `${what}: asks for ${stage.asked()} bit/s`);
    await sleep(100);
  }
}

test('a camera that posts asks for what the line carries', async (t) => {
  const { viewer, network } = stage;

  if (LONG)
    await until('all of a good line', () => stage.asked() === MOST);
  network.setRate(SLOW);
  const start = Date.now(), asked = [];

  await until('less on a slow line', () => stage.asked() < SLOW);
  figures.less = Date.now() - start;
  await sleep(start + ADAPT_MS - Date.now());
  while (Date.now() < start + ADAPT_MS + SECONDS * 1000) {
    await sleep(100);
    asked.push(stage.asked());
  }
  const delays = viewer.between(start + ADAPT_MS);

  Object.assign(figures, {
    rate: SLOW, bitrate: median(asked), delay: median(delays),
    most: Math.max(...delays),
    first: Math.max(...viewer.between(start, start + ADAPT_MS)),
  });
  t.diagnostic(`less after ${figures.less} ms; asks for ${figures.bitrate} ` +
    `bit/s of ${SLOW}; delay ${Math.round(figures.delay)} ms, at most ` +
    `${Math.round(figures.most)} ms, and ${Math.round(figures.first)} ms ` +
    'right after the step');
  assert.ok(figures.bitrate < SLOW * 1.2, `asks for ${figures.bitrate} bit/s`);
  assert.ok(figures.most < MOST_DELAY, `delay ${figures.most} ms`);
  assert.deepEqual(viewer.disorder(), []);
  assert.deepEqual(viewer.problems(), []);
});

test('and for all of it when it is good again', { skip: !LONG }, async (t) => {
  const start = Date.now();

  stage.network.setRate(FAST);
  await until('all of it again', () => stage.asked() === MOST);
  figures.full = Date.now() - start;
  t.diagnostic(`all of it after ${figures.full} ms`);
  assert.deepEqual(stage.viewer.problems(), []);
});
