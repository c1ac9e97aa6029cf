// SPDX-License-Identifier: MIT
/*
 * Cameras that would keep more than the relay has room for: they are told to
 * list less, and nobody's picture stops for that.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { metricsOf, unnoticed } from './attacker.mjs';
import { newFolder } from './child.mjs';
import { makeVideo } from './fixtures.mjs';
import { Camera, finishAll, Relay, SLOW } from './oriel.mjs';
import { Publisher } from './publisher.mjs';

/* Half a minute of the greedy camera. */
const MAX_BYTES = 6e6;
let relay;
let greedy;
let modest;

before(async () => {
  const video = makeVideo(newFolder(), 'busy.mp4', {
    seconds: 8, gop: 15, bframes: 0, kbits: 1500, size: '320x180',
    extra: ['-vf', 'noise=alls=70:allf=t'] });
  relay = await Relay.start({ args: ['--max-bytes', `${MAX_BYTES}`,
                                     '--max-camera-bytes', `${MAX_BYTES}`] });
  greedy = await Camera.start(relay, {
    name: 'greedy', args: ['--source', video, '--window', '600'] });
  await greedy.live();
});

after(() => {
  modest?.ws.cut();
  return finishAll(greedy, relay);
});

const of = (metrics, name, camera) =>
  metrics.get(`oriel_camera_${name}_total{camera="${camera}"}`);

async function until(condition, timeout = 60000 * SLOW) {
  const end = performance.now() + timeout;

  for (;;) {
    const metrics = await metricsOf(relay);
    assert.ok(metrics.get('oriel_stored_bytes') <= MAX_BYTES);
    if (await condition(metrics))
      return metrics;
    assert.ok(performance.now() < end, `not in time: ${condition}`);
    await sleep(200);
  }
}

/* How many segments a camera lists. */
async function listed(name) {
  const client = relay.client(name);
  const { body } = await client.get('index.m3u8');

  client.close();
  return body.toString().split('#EXTINF').length - 1;
}

/* The camera has heard how much there is room for, and follows. */
async function listsLess(t, from = 0) {
  const [, room] = await greedy.child.line(/room for (\d\d?) of the 600/,
                                           { timeout: 20000 * SLOW, from });
  t.diagnostic(`room for ${room} segments`);
  await until(async () => await listed('greedy') <= Number(room));
}

test('a camera that fills all memory is told, lists less, and plays on',
     async (t) => {
  await unnoticed(relay, 'greedy', async () => {
    await until((m) => of(m, 'lowered_windows', 'greedy') > 0);
    await listsLess(t);
  });
  const metrics = await metricsOf(relay);
  assert.equal(metrics.get('oriel_refused_total{reason="device"}'), 0);
  assert.equal(of(metrics, 'shed_segments', 'greedy'), 0);
});

test('another one that comes gets its share, and both play on', async (t) => {
  const from = greedy.child.lines.length;
  modest = await new Publisher(relay, 'modest').open();
  await unnoticed(relay, 'greedy', async () => {
    await modest.ws.send(modest.initMessage());
    for (let i = 0; i < 15; i++) {
      await modest.ws.send(modest.partMessage({ part: 0 },
                                              Buffer.alloc(100000, i),
                                              { last: true }));
      await modest.ws.send(modest.playlistMessage({
        last_part: 0, hint_msn: modest.msn + 1, hint_part: 0 }));
      modest.msn++;
    }
    await listsLess(t, from);
  });
  const metrics = await metricsOf(relay);
  assert.equal(metrics.get('oriel_refused_total{reason="device"}'), 0);
  assert.equal(of(metrics, 'parts', 'modest'), 15);
  assert.equal(of(metrics, 'shed_segments', 'modest'), 0);
  assert.equal(of(metrics, 'shed_segments', 'greedy'), 0);
});
