// SPDX-License-Identifier: MIT
/*
 * Does the latency come back, and stay? One viewer, profile lan: its latency
 * in the second minute, after ENDURANCE_STOPS (10) stops of camera and relay in
 * turn of 2 s each, and at the end of ENDURANCE_SECONDS (3600). Writes
 * build/bench/endurance.json.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';

import { openBrowser } from '../e2e/browser.mjs';
import { percentile } from './figures.mjs';
import { Recorder } from './recorder.mjs';
import { Setup } from './setup.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const SECONDS = Number(process.env.ENDURANCE_SECONDS ?? 3600);
const STOPS = Number(process.env.ENDURANCE_STOPS ?? 10);
const LOOK = Math.min(60, SECONDS / 4); // seconds that a figure is taken over
const STOP = 2000;
const RECOVER = 15000; // ms after a stop, before it counts

const setup = await Setup.open({ args: ['--latency', 'lan'] });
const browser = await openBrowser();
const viewer = await Recorder.open(browser, setup.url);
const start = performance.now();
const results = [];

/* The median over the seconds that come. */
async function look(name) {
  await viewer.take();
  await sleep(LOOK * 1000);
  const frames = await viewer.take();
  const p50 = Math.round(percentile(
    frames.map(({ at, taken }) => at - taken), 0.5));
  const seconds = Math.round((performance.now() - start) / 1000);

  const { state, starts, said } = viewer;

  results.push({ name, seconds, p50, frames: frames.length, state, starts,
                 said });
  process.stdout.write(`${name}: p50 ${p50} ms after ${seconds} s ` +
                       `(${frames.length} pictures; ${state}, ${starts} ` +
                       `starts, the page says ${Math.round(said)} ms)\n`);
}

await sleep(LOOK * 1000);
await look('the second minute');
for (let i = 0; i < STOPS; i++) {
  const { child } = i % 2 ? setup.relay : setup.camera;

  child.signal('SIGSTOP');
  await sleep(STOP);
  child.signal('SIGCONT');
  await sleep(RECOVER);
}
if (STOPS)
  await look(`after ${STOPS} stops`);
while ((performance.now() - start) / 1000 < SECONDS - LOOK) {
  await sleep(10000);
  await viewer.take();
  viewer.frames.length = viewer.marks.length = 0;
}
await look('the end');

mkdirSync(join(ROOT, 'build/bench'), { recursive: true });
writeFileSync(join(ROOT, 'build/bench/endurance.json'),
              `${JSON.stringify(results, null, 1)}\n`);
await browser.close();
await setup.close();
process.exit(0);
