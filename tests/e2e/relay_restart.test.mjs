// SPDX-License-Identifier: MIT
/*
 * The relay is started anew at the same address while many watch: all of them
 * play again by themselves, soon, and do not come all at once.
 *
 * VIEWERS=200 make e2e E2E=relay_restart is the long form (LATENCY=thrifty
 * makes less requests of it); the figures are kept in
 * build/bench/relay_restart.json, and in docs/reliability.md.
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { answered, UNANSWERED } from './browser.mjs';
import { Crowd } from './crowd.mjs';
import { playsLive, Stage } from './page_stage.mjs';
import { SLOW } from './oriel.mjs';

const VIEWERS = Number(process.env.VIEWERS ?? 30);
const LATENCY = process.env.LATENCY ?? 'default';
/* Wanted are 5 s; machines of CI are slow. */
const BACK = (process.env.VIEWERS ? 5000 : 12000) * SLOW;
const STEADY = 2000; // ms of peace, measured
const COMING = 10; // ms between two who come
const MOST_TRIES = 100; // of one who does not run wild, however slow this is

const figures = { viewers: VIEWERS, latency: LATENCY };
let stage;
let viewer;
let crowd;

before(async () => {
  stage = await Stage.open({ relay: { args: ['--drain-s', '1'] },
                             camera: ['--latency', LATENCY] });
  viewer = await stage.view();
  await playsLive(viewer);
  crowd = new Crowd(`${stage.relay.url}porch/`);
  await crowd.come(VIEWERS, VIEWERS * COMING);
  await all(Date.now(), 20000 * SLOW);
});

after(async () => {
  await crowd?.leave();
  await stage?.close();
  mkdirSync('build/bench', { recursive: true });
  writeFileSync('build/bench/relay_restart.json',
                `${JSON.stringify(figures, null, 1)}\n`);
});

/* Until each of the crowd has a picture taken after `when`: ms since then. */
async function all(when, timeout) {
  while (crowd.haveSince(when) < VIEWERS) {
    assert.ok(Date.now() - when < timeout,
              `${crowd.haveSince(when)} of ${VIEWERS} after ${timeout} ms`);
    await sleep(10);
  }
  return Date.now() - when;
}

/* A picture taken after `when` is on the screen. */
async function page(when, timeout) {
  await viewer.page.waitForFunction(
    (wanted) => window.oriel.state === 'live' &&
      window.oriel.latency !== null &&
      Date.now() - window.oriel.latency > wanted, when,
    { timeout, polling: 20 });
  return Date.now() - when;
}

async function restart(t, name, stop) {
  await sleep(STEADY);
  const before_ = crowd.most(Date.now() - STEADY);
  const asked = Date.now();
  let gone, there, crowdMs, pageMs;
  crowd.forget();
  await viewer.allowing([UNANSWERED, answered(503)], async () => {
    await stop();
    gone = Date.now();
    await stage.relay.begin();
    there = Date.now();
    [crowdMs, pageMs] = await Promise.all([all(gone, BACK), page(gone, BACK)]);
  });
  const tries = crowd.requests(asked, gone + crowdMs) / VIEWERS;
  await sleep(1000);
  const most = crowd.most(there);
  const stood = crowd.viewers.map((one) => one.stood).sort((a, b) => a - b);
  const said = {
    'the old one left after, ms': gone - asked,
    'no relay for, ms': there - gone,
    'all of the crowd again after, ms': crowdMs,
    'the page again after, ms': pageMs,
    'a picture stood still, median, ms':
      Math.round(stood[Math.floor(stood.length / 2)]),
    'a picture stood still, most, ms': Math.round(stood.at(-1)),
    'requests of one, on average, until then': Math.round(tries),
    'requests in 100 ms, most, before': before_.requests,
    'requests in 100 ms, most, after': most.requests,
    'connections in 100 ms, most, after': most.connections,
  };

  figures[name] = said;
  t.diagnostic(`${VIEWERS} viewers: ${JSON.stringify(said)}`);
  assert.ok(tries < MOST_TRIES, `${tries} requests each`);
}

/* --- the two ways ---------------------------------------------------------- */

test('the relay is killed and started anew', async (t) => {
  await restart(t, 'kill -9', () => stage.relay.kill());
});

test('the relay is told to stop, and started anew', async (t) => {
  await restart(t, 'SIGTERM', () => stage.relay.child.stop());
});
