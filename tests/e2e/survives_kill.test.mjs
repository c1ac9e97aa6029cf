// SPDX-License-Identifier: MIT
/*
 * kill -9 of camera, relay and both, in any order, at any moment: the page
 * plays again by itself, and nothing goes back or is left behind.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { answered, openBrowser, UNANSWERED, Viewer } from './browser.mjs';
import { Camera, finishAll, Relay, SANITIZED } from './oriel.mjs';
import { lastPosition, readPlaylist } from './playlist_text.mjs';
import { seededRandom } from './random.mjs';

const ROUNDS = SANITIZED ? 4 : 10;
const BACK = SANITIZED ? 12000 : 5000; // ms until it plays again
const KINDS = ['camera', 'relay', 'camera then relay', 'relay then camera'];
const MOST_SPOOL = 8 << 20; // bytes; the window holds about 1 MB

const random = seededRandom();
let relay;
let camera;
let browser;
let viewer;
let newest = null; // the newest part ever listed

before(async () => {
  relay = await Relay.start();
  camera = await Camera.start(relay, { name: 'tough' });
  // It says so when the relay is gone; that is no fault of its own.
  camera.allowed.push(/uplink/);
  await camera.live();
  browser = await openBrowser();
  viewer = await Viewer.open(browser, `${relay.url}tough/`);
  await viewer.collect();
  await viewer.waitForState('live');
});

after(async () => {
  await browser?.close();
  await finishAll(camera, relay);
});

async function checkPlaylist() {
  const client = relay.client('tough');
  const { status, body } = await client.get('index.m3u8');
  client.close();
  if (status !== 200)
    return;
  const last = lastPosition(readPlaylist(body.toString()));
  if (newest)
    assert.ok(last.msn > newest.msn ||
              (last.msn === newest.msn && last.part >= newest.part),
              `${JSON.stringify(last)} after ${JSON.stringify(newest)}`);
  newest = last;
}

/* Until a frame is shown that was made after `moment`. */
async function playsAgain(moment) {
  const end = Date.now() + BACK + 10000;
  while (Date.now() < end) {
    const frames = await viewer.take();
    const fresh = frames.find((frame) => frame.timecode !== null &&
      frame.at - frame.age > moment);
    if (fresh)
      return fresh.at - moment;
    await sleep(50);
  }
  const said = await viewer.oriel();
  throw new Error(`no picture: ${JSON.stringify(said)}\n` +
    `${camera.child.lines.slice(-8).join('\n')}\n` +
    `${relay.child.lines.slice(-8).join('\n')}`);
}

async function killAndRestart(kind) {
  const victims = kind.split(' then ').map(
    (name) => (name === 'camera' ? camera : relay));
  for (const [i, victim] of victims.entries()) {
    if (i)
      await sleep(random.between(0, 1500));
    await victim.kill();
  }
  await sleep(random.between(0, 4000));
  const order = random() < 0.5 ? victims : [...victims].reverse();
  for (const [i, victim] of order.entries()) {
    if (i)
      await sleep(random.between(0, 2000));
    await victim.begin();
  }
  return Date.now();
}

test(`the page plays again after each of ${ROUNDS} kills`, async (t) => {
  t.diagnostic(`SEED=${random.seed}`);
  const kinds = [...KINDS];
  while (kinds.length < ROUNDS)
    kinds.push(random.pick(KINDS));
  const times = [];

  for (const kind of kinds) {
    await sleep(random.between(500, 4000));
    await checkPlaylist();
    const filesBefore = camera.files();
    const took = await viewer.allowing([UNANSWERED, answered(503)],
      async () => playsAgain(await killAndRestart(kind)));
    times.push(took);
    t.diagnostic(`${kind}: plays again ${took.toFixed(0)} ms after both ` +
                 `were back (${(await viewer.oriel()).starts} starts)`);
    await checkPlaylist();
    const files = camera.files();
    assert.ok(files.reduce((sum, { size }) => sum + size, 0) < MOST_SPOOL,
              'the spool grows');
    assert.ok(files.length < 2 * filesBefore.length + 40,
              `${files.length} files, ${filesBefore.length} before`);
  }
  assert.ok(Math.max(...times) < BACK,
            `took ${Math.max(...times)} ms`);
});

test('nothing that a kill left behind stays or grows', async () => {
  await sleep(3000);
  const before_ = camera.files().map(({ name }) => name);
  await sleep(20000); // longer than the window and its retention
  const names = camera.files();
  const old = names.filter(({ name }) => before_.includes(name));
  assert.deepEqual(old.filter(({ name }) => /tmp|~$|\.new/.test(name)), []);
  // init, journal, lock: what lives as long as the stream
  assert.ok(old.length <= 8, `old files: ${JSON.stringify(old)}`);
});
