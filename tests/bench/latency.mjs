// SPDX-License-Identifier: MIT
/*
 * How far behind the camera a viewer is: Chromium, through camera and relay on
 * this machine, the timecode read off the picture. Prints tables and writes
 * build/bench/latency.json.
 *
 *   LATENCY_SECONDS  length of the session of each row (600)
 *   LATENCY_JOINS    sessions of some seconds, which find how joining is (20)
 *   LATENCY_ROWS     comma-separated names of rows, if not all
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';

import { openBrowser } from '../e2e/browser.mjs';
import { percentile, round, summary, table } from './figures.mjs';
import { judge, Recorder } from './recorder.mjs';
import { Setup } from './setup.mjs';
import { LIST_STAGES, note, noteShown, readTrace, stageTable, STAGES }
  from './stages.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const SECONDS = Number(process.env.LATENCY_SECONDS ?? 600);
const JOINS = Number(process.env.LATENCY_JOINS ?? 20);
const JOIN_SECONDS = 5;
const SLOW = { delay: 40, rate: 5e6 }; // each way, both links

const ROWS = [
  { name: 'lan', args: ['--latency', 'lan'] },
  { name: 'lan-hls-stock', args: ['--latency', 'lan'], stock: true },
  { name: 'default', args: ['--latency', 'default'] },
  { name: 'default-hls-stock', args: ['--latency', 'default'], stock: true },
  { name: 'thrifty', args: ['--latency', 'thrifty'] },
  { name: 'lan-slow', args: ['--latency', 'lan'], line: SLOW },
  { name: 'default-slow', args: ['--latency', 'default'], line: SLOW },
];

/* hls.js as it comes, on a page with nothing else, from the relay. */
const STOCK = `<!doctype html><meta charset="utf-8">
<video muted autoplay playsinline></video>
<script type="module">
import Hls from '/assets/hls.min.mjs';
const hls = new Hls();
hls.loadSource('index.m3u8');
hls.attachMedia(document.querySelector('video'));
</script>`;

async function view(browser, setup, row) {
  if (!row.stock)
    return Recorder.open(browser, setup.url);
  return Recorder.open(browser, `${setup.url}stock`, STOCK);
}

async function runJoins(browser, setup, row) {
  const joins = [];

  for (let i = 0; i < JOINS; i++) {
    // A whole number of parts would always join at the same moment.
    await sleep(200 + (i * 37) % 200);
    const recorder = await view(browser, setup, row);

    await sleep(JOIN_SECONDS * 1000);
    await recorder.take();
    joins.push(judge(recorder));
    await recorder.close();
  }
  const medians = joins.map(({ ages }) => percentile(ages, 0.5));

  return {
    joins: joins.length,
    p50_of_joins: summary(medians),
    all: summary(joins.flatMap(({ ages }) => ages)),
    first_frame: summary(joins.map(({ first }) => first)),
    stalls: joins.reduce((sum, { stalls }) => sum + stalls, 0),
    gaps: joins.reduce((sum, { gaps }) => sum + gaps, 0),
    problems: joins.flatMap(({ problems }) => problems),
  };
}

/* The page's marks and pictures, on the clock of the traces. */
function stagesOf(setup, recorder) {
  const parts = new Map();
  const offset = Date.now() - Number(process.hrtime.bigint() / 1000n) / 1000;

  for (const text of setup.readTraces())
    readTrace(text, parts);
  for (const [stage, uri, at] of recorder.marks) {
    const place = /-(\d+\.\d+)\.m4s$/.exec(uri)?.[1];

    if (place)
      note(parts, place, stage, at - offset);
  }
  noteShown(parts, recorder.frames.map(({ taken, at }) => (
    { taken: taken - offset, at: at - offset })));
  return { part: stageTable(parts), list: stageTable(parts, LIST_STAGES) };
}

async function runSession(browser, setup, row) {
  const recorder = await view(browser, setup, row);
  const end = performance.now() + SECONDS * 1000;
  const said = [];

  while (performance.now() < end) {
    await sleep(Math.min(1000, Math.max(0, end - performance.now())));
    const frames = await recorder.take();

    if (recorder.said !== null && frames.length)
      said.push(recorder.said -
                percentile(frames.map(({ at, taken }) => at - taken), 0.5));
  }
  const { ages, ...rest } = judge(recorder);
  const stages = row.stock ? null : stagesOf(setup, recorder);

  await recorder.close();
  return { seconds: SECONDS, latency: summary(ages),
           said_minus_seen: summary(said), ...rest, stages };
}

async function runRow(browser, row) {
  const setup = await Setup.open(row);

  try {
    const joins = JOINS ? await runJoins(browser, setup, row) : null;
    const session = SECONDS ? await runSession(browser, setup, row) : null;

    return { name: row.name, args: row.args, line: row.line ?? null,
             player: row.stock ? 'hls.js, no settings' : 'the page',
             joins, session, load: loadavg()[0] };
  } finally {
    await setup.close();
  }
}

const whole = (ms) => (Number.isFinite(ms) ? Math.round(ms) : '-');

function printStages({ part, list }) {
  for (const stages of [part, list]) {
    process.stdout.write(`\n${table([
      ['stage', 'p50', 'p95', 'since', 'what it is'],
      ...stages.map(({ stage, text, step, at }) => [
        stage, round(step.p50) ?? '-', round(step.p95) ?? '-',
        round(at.p50) ?? '-', text]),
    ])}\n(${stages[0].at.n} parts; ms)\n`);
  }
}

function printRow({ name, joins, session }) {
  process.stdout.write(`\n== ${name}\n`);
  if (joins)
    process.stdout.write(`${joins.joins} joins: p50 ` +
      `${whole(joins.all.p50)} p95 ${whole(joins.all.p95)} p99 ` +
      `${whole(joins.all.p99)} ms; medians of joins ` +
      `${whole(joins.p50_of_joins.p50)} (most ` +
      `${whole(joins.p50_of_joins.max)}); first frame p50 ` +
      `${whole(joins.first_frame.p50)} p95 ` +
      `${whole(joins.first_frame.p95)}; stalls ${joins.stalls}, gaps ` +
      `${joins.gaps}\n`);
  if (session)
    process.stdout.write(`${session.seconds} s: p50 ` +
      `${whole(session.latency.p50)} p95 ${whole(session.latency.p95)} p99 ` +
      `${whole(session.latency.p99)} most ${whole(session.latency.max)} ms; ` +
      `stalls ${session.stalls}, gaps ${session.gaps}, longest ` +
      `${whole(session.longest)} ms; the page says ` +
      `${whole(session.said_minus_seen.p50)} ms more\n`);
  for (const problem of [...joins?.problems ?? [],
                         ...session?.problems ?? []])
    process.stdout.write(`problem: ${problem}\n`);
  if (session?.stages)
    printStages(session.stages);
}

const names = process.env.LATENCY_ROWS?.split(',');
const results = { when: new Date().toISOString(), cpus: cpus().length,
                  cpu: cpus()[0]?.model, rows: [] };
const folder = join(ROOT, 'build/bench');

mkdirSync(folder, { recursive: true });
const browser = await openBrowser();
for (const row of ROWS.filter(({ name }) => names?.includes(name) ?? true)) {
  const result = await runRow(browser, row);

  printRow(result);
  results.rows.push(result);
  writeFileSync(join(folder, 'latency.json'),
                `${JSON.stringify(results, null, 1)}\n`);
}
await browser.close();
process.stdout.write('\nAll of it is in build/bench/latency.json.\n');
