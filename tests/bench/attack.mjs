// SPDX-License-Identifier: MIT
/*
 * What a viewer notices while a relay is attacked: for each attack of
 * attacks.mjs a table of how late parts and pictures of another camera are,
 * beside the same while as many harmless clients do as much. Relay and
 * attacker have a core each, the camera and its viewers whatever is left.
 * Writes build/bench/attack.json, and fails when a viewer was harmed.
 *
 *   ATTACK_SECONDS  of each side of each row (20)
 *   ATTACK_ROWS     comma-separated names of rows, if not all
 *   ATTACK_PAGE=no  without Chromium
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';

import { metricsOf } from '../e2e/attacker.mjs';
import { openBrowser } from '../e2e/browser.mjs';
import { Child } from '../e2e/child.mjs';
import { program } from '../e2e/oriel.mjs';
import { ATTACKS } from './attacks.mjs';
import { percentile, round, summary, table } from './figures.mjs';
import { PartTimer } from './part_timer.mjs';
import { judge, Recorder } from './recorder.mjs';
import { Setup } from './setup.mjs';
import { readTrace } from './stages.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const FOLDER = resolve(HERE, '../../build/bench');
const SECONDS = Number(process.env.ATTACK_SECONDS ?? 20);
const RELAY_CORE = 0;
const ATTACK_CORE = 1;
const WARM = 2500; // ms after the attack's begin that do not count
const VICTIM = 'other'; // the attacker's own camera
const USER = { user: 'viewer', password: 'correct horse' };
const SETTLE = 2000; // ms: the page plays
const NOISE = 5; // ms
const MARGIN = 250; // ms: a part later than that stalls a player

const clock = () => Number(process.hrtime.bigint() / 1000n) / 1000;

/* --- one side of one attack ------------------------------------------------ */

function openSetup({ login, tls, relay: more = [] }) {
  const relay = { open: false, args: ['--limit-local', ...more] };

  if (login) {
    const { stdout } = spawnSync(program('oriel-relay'), ['password'], {
      input: `${USER.password}\n`, encoding: 'utf8' });

    relay.env = { ORIEL_USER: USER.user, ORIEL_PASSWORD_HASH: stdout.trim() };
  }
  return Setup.open({ relay, tls, args: ['--latency', 'lan'] });
}

/* What an attacker may know: links and a key of his own camera. */
async function tellAttacker(setup, name, rate) {
  const { relay } = setup;
  const client = relay.client('');
  const { body } = await client.get(`${setup.path}index.m3u8`);

  client.close();
  return JSON.stringify({
    attack: name, rate, port: relay.port, name: VICTIM,
    key: await relay.key(VICTIM), token: await relay.link(VICTIM),
    all: await relay.link('*'), ...USER,
    segment: `${setup.path}${/^[^#].*\.m4s$/m.exec(body.toString())[0]}`,
  });
}

async function beginSide(setup, name, side, rate) {
  const child = new Child('taskset', [
    '-c', `${ATTACK_CORE}`, process.execPath, join(HERE, 'attacker.mjs'), side,
    await tellAttacker(setup, name, rate)], { nice: 1 });

  await child.line(/begun/);
  return child;
}

async function endSide(child) {
  await child.stop({ grace: 60000 });
  const done = JSON.parse(child.output.trim().split('\n').at(-1));

  return { ...done, rate: done.operations / done.seconds };
}

/* How late the parts were that were sent from `begin` to `end`. */
function judgeParts(setup, timer, begin, end) {
  const parts = new Map();
  const late = [];
  const slow = [];
  let missed = 0;

  for (const text of setup.readTraces())
    readTrace(text, parts);
  for (const [place, { captured, sent }] of parts) {
    if (!(sent >= begin && sent < end))
      continue;
    const got = timer.got.get(place);

    missed += got === undefined;
    if (got !== undefined) {
      late.push(got - captured);
      slow.push(got - sent);
    }
  }
  const usual = percentile(late, 0.5);

  return { late: summary(late), slow: summary(slow), missed,
           stalls: late.filter((ms) => ms > usual + MARGIN).length,
           refused: timer.refused };
}

async function watch(setup, browser) {
  const timer = new PartTimer(setup.relay.client(setup.path.slice(1, -1)));
  const recorder = browser && await Recorder.open(browser, setup.url);

  timer.begin();
  await sleep(SETTLE);
  return { timer, recorder };
}

/* `name` null: nobody but the viewers. */
async function runSide(browser, name, side, rate = 0) {
  const setup = await openSetup(ATTACKS[name] ?? {});

  spawnSync('taskset', ['-cp', `${RELAY_CORE}`, `${setup.relay.child.pid}`]);
  const { timer, recorder } = await watch(setup, browser);
  const child = name && await beginSide(setup, name, side, rate);
  await sleep(WARM);
  const begin = clock();
  const shown = Date.now();
  await sleep(SECONDS * 1000);
  const end = clock();

  // Parts that are on their way, and pictures that wait to be shown.
  await sleep(300);
  const metrics = await metricsOf(setup.relay).catch(() => new Map());
  await recorder?.take();
  const done = child ? await endSide(child) : null;
  await timer.stop();
  const page = recorder && judge(recorder, shown);
  await recorder?.close();
  const result = {
    parts: judgeParts(setup, timer, begin, end),
    page: page && { ...page, ages: summary(page.ages) },
    done, refused: refusals(metrics),
    resident: metrics.get('oriel_memory_bytes{kind="resident"}'),
    load: loadavg()[0],
  };
  await setup.close();
  return result;
}

const refusals = (metrics) => Object.fromEntries([...metrics]
  .filter(([key, value]) => key.startsWith('oriel_refused') && value)
  .map(([key, value]) => [/reason="(\w+)"/.exec(key)[1], value]));

/* --- both sides ------------------------------------------------------------- */

/* Below a millisecond or two the machine's own noise is more than twice. */
const doubled = (one, other) => one > 2 * other && one > other + NOISE;

function judgeRow({ attack, harmless }) {
  const found = [];

  if (attack.parts.stalls > harmless.parts.stalls || attack.parts.missed)
    found.push(`${attack.parts.stalls} parts late, ` +
               `${attack.parts.missed} missed`);
  if (attack.page && attack.page.stalls + attack.page.gaps >
      harmless.page.stalls + harmless.page.gaps)
    found.push(`${attack.page.stalls} stalls of the page`);
  if (doubled(attack.parts.late.p95, harmless.parts.late.p95))
    found.push('parts are twice as late');
  if (attack.page && doubled(attack.page.ages.p95, harmless.page.ages.p95))
    found.push('pictures are twice as late');
  return found;
}

async function runRow(browser, name) {
  const attack = await runSide(browser, name, 'attack');
  const harmless = await runSide(browser, name, 'harmless', attack.done.rate);

  return { name, what: ATTACKS[name].what, attack, harmless,
           found: judgeRow({ attack, harmless }) };
}

const HEAD = ['attack', 'side', 'a second', 'part p50', 'p95', 'most',
              'relay p95', 'most', 'picture p95', 'stalls', 'RSS'];

const line = (name, side, { parts, page, done, resident }) => [
  name, side, done ? Math.round(done.rate) : '-', round(parts.late.p50),
  round(parts.late.p95), round(parts.late.max), round(parts.slow.p95),
  round(parts.slow.max), page ? Math.round(page.ages.p95) : '-',
  parts.stalls + parts.missed + (page ? page.stalls + page.gaps : 0),
  resident ? `${round(resident / 1e6)} MB` : '-'];

const say = (text) => process.stdout.write(text);
const names = process.env.ATTACK_ROWS?.split(',') ?? Object.keys(ATTACKS);
const browser = process.env.ATTACK_PAGE === 'no' ? null : await openBrowser();
const results = { when: new Date().toISOString(), cpus: cpus().length,
                  cpu: cpus()[0]?.model, seconds: SECONDS,
                  quiet: await runSide(browser, null), rows: [] };

mkdirSync(FOLDER, { recursive: true });
say(`${table([HEAD, line('nobody', '', results.quiet)])}\n`);
for (const name of names) {
  const row = await runRow(browser, name);

  results.rows.push(row);
  writeFileSync(join(FOLDER, 'attack.json'),
                `${JSON.stringify(results, null, 1)}\n`);
  say(`\n${row.what}\n${table([HEAD, line(name, 'attack', row.attack),
    line('', 'harmless', row.harmless)])}\n`);
  for (const side of [row.attack, row.harmless])
    say(`  ${JSON.stringify(side.done.statuses)} refused ${
      JSON.stringify(side.refused)}\n`);
  for (const text of row.found)
    say(`  HARM: ${text}\n`);
}
await browser?.close();
say('\nAll of it is in build/bench/attack.json. Milliseconds; a part is as ' +
    'late as its first\npicture when it is there, "relay" from the camera\'s ' +
    'socket to the viewer.\n');
process.exit(results.rows.some(({ found }) => found.length) ? 1 : 0);
