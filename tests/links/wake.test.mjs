// SPDX-License-Identifier: MIT
/*
 * A camera far away that nobody watches: what it sends, counted on the line,
 * and how long somebody who comes waits for a picture, from quiet, from asleep,
 * and when the relay was just started. In the long form only: LINKS=long.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { openBrowser } from '../e2e/browser.mjs';
import { firstFrame } from '../e2e/first_frame.mjs';
import { Camera, Relay, finishAll } from '../e2e/oriel.mjs';
import { ImpairedProxy } from './impaired_proxy.mjs';
import { HERE, Network } from './network.mjs';
import { keep, median } from './stage.mjs';

const DELAY_MS = Number(process.env.DELAY_MS ?? 40); // each way
const CHECK_IN_S = 10; // as it is by default
const QUIET_AFTER_S = 5;
const SLEEP_AFTER_S = 5;
const SILENCE_S = Number(process.env.SILENCE_S ?? 65); // two pings and more
const TIMES = Number(process.env.TIMES ?? 5);

const MOST_QUIET_BYTES = 50; // a second, both ways, heads of Ethernet too
const FROM_QUIET_MS = 1000;
const FROM_SLEEP_MS = CHECK_IN_S * 1000 + 1500;

let network;
let relay;
let proxy; // between camera and relay
let far; // between a viewer far away and the relay
let browser;
let camera;
const figures = { delay_ms: DELAY_MS, check_in_s: CHECK_IN_S };

before(async () => {
  browser = await openBrowser();
  network = await Network.open();
  relay = await Relay.start();
  relay.allowed.push(/nothing from the device/);
  proxy = await ImpairedProxy.open(relay.port, { delay: DELAY_MS });
  far = await ImpairedProxy.open(relay.port, { delay: DELAY_MS });
});

after(async () => {
  await browser?.close();
  await finishAll(camera, relay);
  proxy?.close();
  far?.close();
  await network?.close();
  keep('wake', figures);
});

/* One at a time, so that the line's counters are its own. */
async function startCamera(name, ...args) {
  camera = await Camera.start(
    Object.create(relay, { port: { value: proxy.port } }), {
      name, host: HERE, prefix: network.prefix,
      args: ['--upload', 'watched', '--quiet-after', `${QUIET_AFTER_S}`,
             '--poster', '0', ...args],
    });
  camera.allowed.push(/travel in the clear/, /(is|are) not sent/,
                      /cannot ask whether/, /connection was lost/);
  await camera.live();
}

async function until(mode) {
  const end = performance.now() + 60000;

  for (;;) {
    const { device } = await relay.state(camera.name);
    if (device?.mode === mode)
      return;
    assert.ok(performance.now() < end, `never ${mode}`);
    await sleep(50);
  }
}

async function untilAsleep() {
  await until('asleep');
  while (proxy.pairs.size)
    await sleep(10);
}

/* What passes the line meanwhile, both ways. */
async function count(seconds) {
  const from = network.passed();

  await sleep(seconds * 1000);
  const to = network.passed();
  const sum = (what) => to.up[what] - from.up[what] +
                        to.down[what] - from.down[what];

  return { seconds, bytes: sum('bytes'), packets: sum('packets'),
           bytes_a_second: sum('bytes') / seconds };
}

/*
 * Somebody comes, TIMES times, who is as far from the relay as `through`;
 * `ready` is waited for before.
 */
async function wake(t, what, { most, through = relay, ready }) {
  const url = `http://127.0.0.1:${through.port}/${camera.name}/`;
  const times = [];

  for (let i = 0; i < TIMES; i++) {
    await ready();
    const { ms } = await firstFrame(browser, url, 60000);
    times.push(Math.round(ms));
  }
  figures[`${what}, ms`] = times;
  t.diagnostic(`${what}: first frame after ${times.join(', ')} ms; median ` +
               `${median(times)}, wanted ${most}`);
  assert.ok(Math.max(...times) <= most, `${Math.max(...times)} ms`);
}

test('quiet: next to nothing passes the line', async (t) => {
  await startCamera('quiet', '--sleep-after', '0');
  await until('quiet');
  await sleep(1000);
  const before = proxy.links.length;

  figures.quiet = await count(SILENCE_S);
  const { bytes, packets, bytes_a_second: rate } = figures.quiet;
  t.diagnostic(`quiet for ${SILENCE_S} s: ${bytes} bytes in ${packets} ` +
               `packets, ${rate.toFixed(1)} bytes a second`);
  assert.ok(rate <= MOST_QUIET_BYTES, `${rate} bytes a second`);
  assert.equal(proxy.links.length, before, 'it did not stay connected');
});

test('quiet: a picture at once', (t) =>
  wake(t, 'quiet', { most: FROM_QUIET_MS, ready: () => until('quiet') }));

test('quiet, and the viewer far away as well', (t) =>
  wake(t, 'quiet, viewer far away', { most: FROM_QUIET_MS, through: far,
                                      ready: () => until('quiet') }));

test('asleep: a question an interval, and nothing open in between',
     async (t) => {
  await camera?.finish();
  await startCamera('asleep', '--sleep-after', `${SLEEP_AFTER_S}`);
  await untilAsleep();
  const before = proxy.links.length;

  figures.asleep = await count(SILENCE_S);
  const links = proxy.links.slice(before);
  const longest = Math.max(...links.map(
    ({ from, to }) => (to ?? performance.now()) - from));
  const { bytes, packets, bytes_a_second: rate } = figures.asleep;

  figures.asleep.questions = links.length;
  figures.asleep.longest_ms = Math.round(longest);
  t.diagnostic(`asleep for ${SILENCE_S} s: ${links.length} questions, ` +
    `${bytes} bytes in ${packets} packets, ${rate.toFixed(1)} bytes a ` +
    `second; a connection was open for ${longest.toFixed(0)} ms at most`);
  assert.ok(links.length <= SILENCE_S / CHECK_IN_S + 1, 'it asks too often');
  assert.ok(links.length >= SILENCE_S / CHECK_IN_S - 2, 'it does not ask');
  assert.ok(longest < CHECK_IN_S * 500, 'it stays connected');
});

/* At any moment of the interval. */
const anyTime = () => sleep(Math.random() * CHECK_IN_S * 1000);

test('asleep: a picture after the next question', (t) =>
  wake(t, 'asleep', { most: FROM_SLEEP_MS, ready: async () => {
    await untilAsleep();
    await anyTime();
  } }));

test('asleep, and the relay is started from nothing: the same', (t) =>
  wake(t, 'asleep, relay fresh', { most: FROM_SLEEP_MS, ready: async () => {
    await untilAsleep();
    await anyTime();
    await relay.kill();
    await sleep(500);
    await relay.begin();
  } }));
