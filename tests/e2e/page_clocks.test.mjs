// SPDX-License-Identifier: MIT
/*
 * A camera without a battery for its clock boots in 1970, and a viewer's clock
 * may be anything: the latency that the page says is true all the same.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { preload } from './hostile_device.mjs';
import { Camera, SLOW } from './oriel.mjs';
import { makeMovable, playsLive, Stage } from './page_stage.mjs';

const DAY = 86400000;
const NAME = 'porch';

let stage;

before(async () => {
  const back = Math.floor((Date.now() - DAY) / 1000); // to 2 January 1970

  stage = await Stage.open({ name: NAME, camera: null });
  stage.camera = new Camera(stage.relay, {
    name: NAME, args: ['--latency', 'lan'],
    env: { LD_PRELOAD: preload(), FAKEV4L2: `* step-clock -${back}` },
  });
  await stage.camera.begin();
  await stage.camera.live();
});

after(async () => {
  await stage?.close();
});

test('a camera that boots in 1970 sends the relay\'s dates', async (t) => {
  const client = stage.relay.client(NAME);
  const dates = [];

  await sleep(2000);
  for (let i = 0; i < 3; i++) {
    const { body } = await client.get('index.m3u8');
    const [, date] = [...body.toString().matchAll(/DATE-TIME:(\S+)/g)].at(-1);

    dates.push(Date.now() - Date.parse(date));
    await sleep(300);
  }
  client.close();
  t.diagnostic(`${dates} ms ago`);
  // The newest segment began in this second, or a little before.
  for (const ms of dates)
    assert.ok(ms > -50 && ms < 2000 * SLOW, `${ms} ms ago`);
});

test('the latency is known, also with a viewer\'s clock that is wrong',
     async () => {
  for (const wall of [0, -3 * DAY]) {
    const viewer = await stage.view({ before: makeMovable });

    await viewer.page.evaluate((skew) => window.skew({ wall: skew }), wall);
    await sleep(2500); // until it has asked the relay for its clock again
    await playsLive(viewer, { most: 1500 });
    const { latency } = await viewer.oriel();
    assert.ok(latency > 20 && latency < 1500 * SLOW, `${latency}`);
    await viewer.close();
  }
});
