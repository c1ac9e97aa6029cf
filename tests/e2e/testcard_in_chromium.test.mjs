// SPDX-License-Identifier: MIT
/* The main job: from the camera through the relay to a person's eyes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { openBrowser, Viewer } from './browser.mjs';
import { Camera, finishAll, Relay, runSeconds, SANITIZED } from './oriel.mjs';
import { percentile } from './timecode.mjs';

const WARM_UP = 3000;
const MOST_AGE = SANITIZED ? 3000 : 1000; // ms, glass to glass
const FPS = 30;
/* A picture that stands still this long is seen to; ms. */
const STALL = SANITIZED ? 1000 : 250;

test('the test card plays in Chromium: no stall, in order, below a second',
     async (t) => {
  const seconds = runSeconds(60);
  const relay = await Relay.start();
  const camera = await Camera.start(relay, { name: 'porch' });
  await camera.live();
  const browser = await openBrowser();
  t.after(() => browser.close());
  const opened = Date.now();
  const viewer = await Viewer.open(browser, `${relay.url}porch/`);
  await viewer.collect();
  await viewer.waitForState('live');
  t.diagnostic(`first picture after ${Date.now() - opened} ms`);
  await sleep(WARM_UP);
  await viewer.take();
  viewer.frames = [];
  viewer.stalls = [];
  const lostBefore = viewer.lost;
  for (let i = 0; i < seconds; i++) {
    await sleep(1000);
    await viewer.take();
  }
  const said = await viewer.oriel();
  const { frames } = viewer;
  const ages = frames.map((frame) => frame.age);
  const readable = frames.filter((frame) => frame.timecode !== null);
  const gaps = frames.slice(1).map((frame, i) => frame.at - frames[i].at);

  t.diagnostic(`${frames.length} frames in ${seconds} s, ` +
    `${viewer.lost - lostBefore} lost, longest gap ` +
    `${Math.max(...gaps).toFixed(0)} ms, ran dry ${viewer.stalls.length} ` +
    'times');
  t.diagnostic('glass to glass p50 ' +
    `${percentile(ages, 0.5).toFixed(0)} ms, p95 ` +
    `${percentile(ages, 0.95).toFixed(0)} ms, most ` +
    `${Math.max(...ages).toFixed(0)} ms; the page says ` +
    `${said.latency?.toFixed(0)} ms`);
  assert.equal(readable.length, frames.length, 'timecodes not readable');
  for (let i = 1; i < frames.length; i++) {
    assert.ok(frames[i].timecode > frames[i - 1].timecode,
              `frame ${i} is out of order`);
    assert.ok(frames[i].mediaTime > frames[i - 1].mediaTime);
  }
  assert.deepEqual(gaps.filter((gap) => gap > STALL), [],
                   'the picture stood still');
  assert.equal(said.state, 'live');
  assert.equal(said.starts, 1);
  if (!SANITIZED)
    assert.ok(frames.length > 0.97 * FPS * seconds, 'frames are missing');
  assert.ok(percentile(ages, 0.95) < MOST_AGE);
  assert.ok(Math.abs(said.latency - percentile(ages, 0.5)) < 150,
            'the page shows another latency than the eye sees');
  await viewer.close();
  await finishAll(camera, relay);
});
