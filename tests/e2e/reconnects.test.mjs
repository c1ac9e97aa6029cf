// SPDX-License-Identifier: MIT
/*
 * Connections end: they get too old, relays are replaced, networks go on
 * holding what leads nowhere. docs/reliability.md, "Connections".
 *
 * ROTATIONS=50 ROTATION_S=20 is the long form.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { answered, openBrowser, Viewer } from './browser.mjs';
import { Front } from './front.mjs';
import { Camera, finishAll, Relay, SLOW } from './oriel.mjs';
import { percentile } from './timecode.mjs';

const ROTATIONS = Number(process.env.ROTATIONS ?? 4);
const ROTATION_S = Number(process.env.ROTATION_S ?? 2);
const STALL = 1000 * SLOW; // ms; nobody may see the picture stand for longer

let browser;
const fronts = [];

before(async () => {
  browser = await openBrowser();
});

/* What a test that failed left open would keep this file from ending. */
after(async () => {
  fronts.forEach((front) => front.close());
  await browser?.close();
});

async function openFront(port) {
  fronts.push(await Front.open(port));
  return fronts.at(-1);
}

async function until(what, check, timeout = 20000 * SLOW) {
  const end = performance.now() + timeout;
  while (!await check()) {
    assert.ok(performance.now() < end, `${what} in ${timeout} ms`);
    await sleep(50);
  }
}

async function watch(url) {
  const viewer = await Viewer.open(browser, url);
  await viewer.collect();
  await viewer.waitForState('live');
  await sleep(2000);
  await viewer.take();
  viewer.frames = [];
  viewer.stalls = [];
  return viewer;
}

/*
 * The longest time that a picture stood still. What comes later in the media
 * was not taken earlier, or something was put together wrongly; a browser that
 * has no time may show, or let us read, a picture once more.
 */
function longestGap(frames) {
  for (let i = 1; i < frames.length; i++) {
    const [before_, now] = [frames[i - 1], frames[i]];
    if (now.mediaTime > before_.mediaTime && now.timecode !== null &&
        before_.timecode !== null)
      assert.ok(now.timecode >= before_.timecode,
                `frame ${i} of ${frames.length} is out of order: ` +
                `${JSON.stringify([before_, now])}`);
  }
  return Math.max(...frames.slice(1).map((f, i) => f.at - frames[i].at));
}

/* Each part once, and none left out: what two parts of one camera say. */
function checkParts(parts) {
  const seen = new Set();
  let last = null;

  for (const { key, msn, part } of parts) {
    assert.ok(!seen.has(key), `${key} went twice`);
    seen.add(key);
    if (last)
      assert.ok(msn === last.msn ? part === last.part + 1
        : msn === last.msn + 1 && part === 0,
                `${msn}.${part} behind ${last.msn}.${last.part}`);
    last = { msn, part };
  }
}

test(`${ROTATIONS} connections that get too old are replaced unseen`,
     async (t) => {
  const relay = await Relay.start();
  const front = await openFront(relay.port);
  const camera = await Camera.start(front.relay(relay), {
    name: 'rota', args: ['--reconnect-after', String(ROTATION_S)],
  });
  await camera.live();
  const viewer = await watch(`${relay.url}rota/`);
  const first = front.opened;
  const start = performance.now();

  while (front.opened < first + ROTATIONS) {
    assert.ok(performance.now() - start <
              ROTATIONS * (ROTATION_S * 1000 + 5000 * SLOW),
              `${front.opened - first} rotations only:\n` +
              camera.child.lines.join('\n'));
    await sleep(500);
    await viewer.take();
  }
  await sleep(1000);
  await viewer.take();
  const said = await viewer.oriel();
  const ages = viewer.frames.map((frame) => frame.age);
  const { frames } = viewer;
  const again = frames.filter(
    (f, i) => i && f.mediaTime <= frames[i - 1].mediaTime).length;
  const gaps = frames.slice(1).map((f, i) => f.at - frames[i].at);
  t.diagnostic(`${again} frames shown again, gaps beyond 250 ms: ` +
    `${gaps.filter((gap) => gap > 250).length}, most ` +
    `${Math.max(...gaps).toFixed(0)} ms, ${said.starts} starts`);
  checkParts(front.parts);
  const gap = longestGap(frames);
  t.diagnostic(`${front.opened - first} rotations in ` +
    `${((performance.now() - start) / 1000).toFixed(0)} s, ` +
    `${front.parts.length} parts, ${viewer.frames.length} frames, longest ` +
    `gap ${gap.toFixed(0)} ms, ran dry ${viewer.stalls.length} times, ` +
    `glass to glass p50 ${percentile(ages, 0.5).toFixed(0)} ms, p95 ` +
    `${percentile(ages, 0.95).toFixed(0)} ms`);
  assert.equal(new Set(front.parts.map((p) => p.connection)).size,
               front.opened, 'a connection has sent nothing');
  assert.ok(gap < STALL, `the picture stood still for ${gap} ms`);
  assert.equal(said.starts, 1);
  await viewer.close();
  await finishAll(camera, relay);
});

test('a relay that is replaced behind its address', async (t) => {
  const secret = 'a secret that both of them have';
  const args = ['--drain-s', '10'];
  const old = await Relay.start({ secret, args });
  const front = await openFront(old.port);
  const camera = await Camera.start(front.relay(old), { name: 'moved' });
  await camera.live();
  const viewer = await watch(`${front.relay(old).url}moved/`);
  const next = await Relay.start({ secret, args });

  front.behind = next.port; // new connections only
  // Who waits on a connection that had no answer yet gets 503, or a browser
  // would not repeat it by itself; the page does.
  await viewer.allowing([answered(503)], async () => {
    const took = old.finish(); // SIGTERM
    await until('the new relay is live', async () =>
      (await next.state('moved')).state === 'live');
    t.diagnostic(`the old relay left after ${(await took).toFixed(0)} ms`);
    await sleep(3000);
  });
  await viewer.take();
  const gap = longestGap(viewer.frames);
  t.diagnostic(`longest gap ${gap.toFixed(0)} ms`);
  assert.ok(gap < STALL, `the picture stood still for ${gap} ms`);
  assert.equal((await viewer.oriel()).starts, 1);
  assert.equal((await next.state('moved')).state, 'live');
  await viewer.close();
  await finishAll(camera, next);
});

test('a connection that is open and leads nowhere is given up', async (t) => {
  const relay = await Relay.start();
  const front = await openFront(relay.port);
  const camera = await Camera.start(front.relay(relay), { name: 'halfopen' });
  camera.allowed.push(/uplink/);
  relay.allowed.push(/nothing from the device/);
  await camera.live();
  front.swallow();
  const cut = performance.now();
  await sleep(1500);
  front.swallow(false); // for new ones
  await until('a new connection', () => front.opened >= 2);
  t.diagnostic(`connected anew ${(performance.now() - cut).toFixed(0)} ms ` +
               'after the last byte');
  const { msn } = await relay.state('halfopen');
  await until('media', async () =>
    (await relay.state('halfopen')).msn > msn);
  assert.ok(camera.child.lines.some((line) => /does not answer/.test(line)),
            camera.child.lines.join('\n'));
  await finishAll(camera, relay);
});
