// SPDX-License-Identifier: MIT
/*
 * The relay where others decide when it runs: docs/deploy.md, "Cloud Run".
 * The camera is real, and so are relay and browser; the platform is imitated
 * (platform.mjs).
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { answered, openBrowser, UNANSWERED, Viewer } from './browser.mjs';
import { Camera, finishAll, SLOW } from './oriel.mjs';
import { Platform } from './platform.mjs';

const STALL = 1000 * SLOW; // ms, when the camera goes over in time
const PATIENCE = 30000 * SLOW;

let browser;

before(async () => {
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
});

async function until(what, check, timeout = PATIENCE) {
  const end = performance.now() + timeout;
  while (!await check()) {
    assert.ok(performance.now() < end, `${what} in ${timeout} ms`);
    await sleep(50);
  }
}

async function startCamera(platform, name, args = []) {
  const camera = await Camera.start(platform.relay, {
    name, scheme: 'wss',
    args: ['--ca-file', platform.authority.file, '--poster', '0', ...args],
  });
  camera.allowed.push(/uplink/); // it says what is done to it
  return camera;
}

/* A viewer with a picture, whom the platform may let down. */
async function come(platform, name) {
  const viewer = await Viewer.open(browser, `${platform.url}${name}/`,
                                   { ignoreHTTPSErrors: true });
  viewer.allowed = [UNANSWERED, answered(503)];
  await viewer.waitForState('live', PATIENCE);
  return viewer;
}

/* One whose pictures are noted. */
async function watch(platform, name) {
  const viewer = await come(platform, name);
  await viewer.collect();
  await sleep(1500);
  await viewer.take();
  viewer.frames = [];
  return viewer;
}

/* The longest that a picture stood still since the last time, ms. */
async function longestStop(viewer) {
  await viewer.take();
  const times = viewer.frames.map(({ at }) => at);

  viewer.frames = viewer.frames.slice(-1);
  return Math.max(0, ...times.slice(1).map((at, i) => at - times[i]));
}

/* Ended whatever becomes of the test, the camera first. */
async function begin(t, name, options, args) {
  const platform = await Platform.start(options);
  const camera = await startCamera(platform, name, args);
  t.after(() => finishAll(camera, platform));
  return { platform, camera };
}

test('WebSockets that are cut without a word', async (t) => {
  const { platform, camera } = await begin(t, 'cut', { cutAfter: 3000 },
                                           ['--reconnect-after', '2']);
  await camera.live();
  const viewer = await watch(platform, 'cut');
  assert.equal(await viewer.page.evaluate(() => performance
    .getEntriesByType('resource').at(-1).nextHopProtocol), 'h2');

  await sleep(4000);
  const inTime = await longestStop(viewer);
  assert.equal(platform.cuts, 0, 'the camera was late');
  t.diagnostic(`replaced in time: stood still for ${inTime.toFixed(0)} ms`);
  assert.ok(inTime < STALL);

  platform.cut();
  await sleep(1000);
  await viewer.waitForState('live', PATIENCE);
  await sleep(1000);
  t.diagnostic(`cut: stood still for ${(await longestStop(viewer))
    .toFixed(0)} ms`);
  assert.equal((await viewer.oriel()).starts, 1);
  await viewer.close();
});

test('an instance that is told to stop, with another one there', async (t) => {
  const { platform, camera } = await begin(t, 'told', {}, []);
  await camera.live();
  const viewer = await watch(platform, 'told');
  const old = await platform.deploy();
  await old.stop();
  assert.equal((await platform.state('told')).state, 'live');
  await sleep(1500);
  const stop = await longestStop(viewer);
  t.diagnostic(`stood still for ${stop.toFixed(0)} ms`);
  assert.ok(stop < STALL);
  assert.equal((await viewer.oriel()).starts, 1);
  await viewer.close();
});

/* Both mostly wait. */
describe('for as long as it takes', { concurrency: 2 }, () => {
  /* Its viewers all go to the new one at once, and the camera hears nothing. */
  test('a new revision, while the old one still has the camera', async (t) => {
    const { platform, camera } = await begin(t, 'moved', {},
                                             ['--upload', 'watched']);
    await camera.live();
    const viewer = await watch(platform, 'moved');
    const old = await platform.deploy();
    const from = performance.now();

    await until('the camera has moved', () => !platform.homes.has(old));
    await until('the old one is stopped', () => old.stopped);
    t.diagnostic('the camera had moved after ' +
                 `${(performance.now() - from).toFixed(0)} ms`);
    await old.stopped;
    await viewer.waitForState('live', PATIENCE);
    await sleep(1000);
    t.diagnostic(`stood still for ${(await longestStop(viewer)).toFixed(0)} ms`);
    await viewer.close();
  });

  test('nothing runs while nobody watches', async (t) => {
    const { platform } = await begin(t, 'rests', { restAfter: 1500 }, [
      '--upload', 'watched', '--quiet-after', '5', '--sleep-after', '1',
      '--check-in', '4']);
    const nothing = () => platform.instances.length && !platform.instance;

    await until('there is nothing', nothing);
    const { length } = platform.instances;
    const from = performance.now();
    const viewer = await come(platform, 'rests');
    t.diagnostic(`a picture after ${(performance.now() - from).toFixed(0)} ms`);
    assert.ok(platform.instances.length > length, 'no fresh one was started');
    await viewer.close();
  });
});
