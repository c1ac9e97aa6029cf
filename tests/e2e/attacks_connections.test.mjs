// SPDX-License-Identifier: MIT
/*
 * Who opens connections and does not do with them what they are for; who asks
 * too often. Each test is a row of SECURITY.md. ATTACK_CONNECTIONS=10000 and
 * ATTACK_GUESSES=100000 make them long.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { memoryOf, metricsOf, Raw, refusedOf, unnoticed } from './attacker.mjs';
import { Camera, finishAll, Relay, SANITIZED, SLOW } from './oriel.mjs';
import { Publisher } from './publisher.mjs';

const NAME = 'calm';
const HEAD_S = 2;
const SLOW_S = 6;
const LATE = 4000 * SLOW; // ms that a busy machine may take to notice
const CONNECTIONS = Number(process.env.ATTACK_CONNECTIONS ?? 300);
const GUESSES = Number(process.env.ATTACK_GUESSES ?? 300);
let relay;
let camera;

before(async () => {
  relay = await Relay.start({
    open: false,
    // Who is attacked from has the address that a proxy would tell.
    args: ['--head-s', `${HEAD_S}`, '--slow-s', `${SLOW_S}`, '--stuck-s', '4',
           '--idle-s', '4', '--hold-ms', '20000', '--proxy-hops', '1',
           '--max-per-address', '10', '--max-rate', '50', '--max-guesses',
           '20'],
  });
  camera = await Camera.start(relay, { name: NAME });
  await camera.child.line(/connected/, { timeout: 10000 * SLOW });
});

after(async () => {
  relay.allowed.push(/calm|attack|accept/);
  await finishAll(camera, relay);
});

/* A viewer watches through a link, and notices nothing. */
async function calmly(attack) {
  const token = await relay.link(NAME);
  await unnoticed(relay, `${NAME}/${token}`, attack);
}

const head = (path, from, more = '') => `GET ${path} HTTP/1.1\r\nHost: x\r\n` +
  `X-Forwarded-For: ${from}\r\n${more}\r\n`;

async function statusOf(path, from, more) {
  const raw = new Raw(relay.port, head(path, from, more));
  const status = await raw.answered();
  raw.cut();
  return status;
}

test('slowloris: a first request that drips is hung up on', () =>
  calmly(async () => {
    const before_ = await refusedOf(relay, 'head');
    const many = Array.from({ length: 30 }, (_, i) =>
      [new Raw(relay.port), new Raw(relay.port, 'GET /').drip('a'),
       new Raw(relay.port, 'GET / HTTP/1.1\r\nHost: x\r\n').drip('X-A: b\r\n')
      ][i % 3]);
    for (const raw of many)
      await raw.endsWithin(HEAD_S * 1000 + LATE, 'a slow head');
    assert.ok(await refusedOf(relay, 'head') >= before_ + many.length);
  }));

test('a second request that drips is hung up on as if idle', async () => {
  const before_ = await refusedOf(relay, 'idle');
  const raw = new Raw(relay.port, head('/healthz', '192.0.2.1'));
  assert.equal(await raw.answered(), 200);
  raw.write('GET /');
  await raw.drip('a').endsWithin(4000 + LATE, 'a slow second request');
  assert.deepEqual(raw.statuses, [200]);
  assert.ok(await refusedOf(relay, 'idle') > before_);
});

test('a body that drips is hung up on, with a key and without', async () => {
  const key = await relay.key('attack');
  const post = (more) => new Raw(relay.port,
    'POST /v1/publish/attack/00000000000000ff HTTP/1.1\r\nHost: x\r\n' +
    `Content-Length: 100000\r\n${more}\r\n`).drip('a');
  for (const raw of [post(''), post(`Authorization: Bearer ${key}\r\n`)])
    await raw.endsWithin(SLOW_S * 1000 + LATE, 'a slow body');
});

test('a head beyond the limit ends, whatever is large in it', () =>
  calmly(async () => {
    for (const bytes of [
      `GET /${'a'.repeat(20000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
      `GET /?${'a'.repeat(20000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
      `GET / HTTP/1.1\r\nHost: x\r\nCookie: ${'a'.repeat(20000)}\r\n\r\n`,
      `GET / HTTP/1.1\r\nHost: x\r\n${'X-A: b\r\n'.repeat(20000)}\r\n`,
      `GET / HTTP/1.1\r\nHost: x\r\n${'a'.repeat(200000)}`,
    ]) {
      const raw = new Raw(relay.port, bytes);
      await raw.endsWithin(HEAD_S * 1000 + LATE, bytes.slice(0, 40));
      assert.ok(!raw.statuses.includes(200));
    }
    const fine = `Cookie: ${'a'.repeat(6000)}\r\n`;
    assert.equal(await statusOf('/healthz', '192.0.2.2', fine), 200);
  }));

test('who reads slowly is hung up on, and what was held is let go',
     async (t) => {
  const publisher = await new Publisher(relay, 'attack').open();
  await publisher.ws.send(publisher.initMessage());
  for (let part = 0; part < 3; part++)
    await publisher.ws.send(publisher.partMessage(
      { part }, Buffer.alloc(7 << 20), { last: part === 2 }));
  publisher.part = 2;
  await publisher.ws.send(publisher.playlistMessage());
  const path = `/attack/${await relay.link('attack')}/` +
    `${publisher.epoch.toString(16).padStart(8, '0')}-1000.m4s`;
  const before_ = await refusedOf(relay, 'slow');
  const readers = [0, 1].map(() => {
    const raw = new Raw(relay.port, head(path, '192.0.2.3'));
    raw.socket.removeAllListeners('data');
    raw.socket.pause();
    return raw;
  });
  // The one takes nothing, the other a little all the time.
  const trickle = setInterval(() => readers[1].socket.read(50000), 50);
  t.after(() => clearInterval(trickle));
  const start = performance.now();
  const at = [];
  while (at.length < 2 && performance.now() - start < SLOW_S * 1000 + LATE) {
    await sleep(100);
    if (await refusedOf(relay, 'slow') > before_ + at.length)
      at.push(performance.now() - start);
  }
  t.diagnostic(`after ${at.map(Math.round).join(' and ')} ms`);
  assert.equal(at.length, 2);
  readers.forEach((raw) => raw.cut());
  publisher.ws.cut();
});

test('idle connections make room beyond the limit, then are hung up on',
     async (t) => {
  const files = Number(/Max open files\s+(\d+)/.exec(
    readFileSync('/proc/self/limits', 'utf8'))[1]);
  const count = Math.min(CONNECTIONS, files - 200);
  const headS = HEAD_S + Math.ceil(count / 400); // they do not come at once
  const small = await Relay.start({
    args: ['--max-connections', `${count}`, '--head-s', `${headS}`],
  });
  t.after(() => finishAll(small));
  // Who was there before goes on.
  const client = small.client('x');
  assert.equal((await client.get('state.json')).status, 200);
  const before_ = memoryOf(small.child.pid);
  const idle = [];
  for (let i = 0; i < count + 50; i++) {
    idle.push(new Raw(small.port));
    if (i % 100 === 99)
      await sleep(20);
  }
  const first = performance.now();
  const gone = () => idle.filter(({ closed }) => closed).length;
  while (gone() < 50 && performance.now() - first < LATE)
    await sleep(50);
  assert.ok(gone() >= 50, `${gone()} made room`);
  assert.equal((await client.get('state.json')).status, 200);
  assert.equal(await statusAt(small, '/healthz'), 200, 'who comes now');
  const kB = memoryOf(small.child.pid) - before_;
  t.diagnostic(`${count} idle connections take ${kB} kB`);
  if (!SANITIZED)
    assert.ok(kB < count * 20 + 20000, `${kB} kB`);
  for (const raw of idle)
    await raw.endsWithin(headS * 1000 + LATE, 'an idle connection');
  assert.equal(await statusAt(small, '/healthz'), 200);
  assert.ok(await refusedOf(small, 'connections') > 0);
  client.close();
});

test('the memory of a burst is given back',
     { skip: SANITIZED && 'sanitizers keep what was freed' }, async (t) => {
  const burst = await Relay.start();
  t.after(() => finishAll(burst));
  const { pid } = burst.child;
  assert.equal(await statusAt(burst, '/healthz'), 200);
  const before_ = memoryOf(pid);
  const all = [];
  for (let i = 0; i < 1500; i++) {
    all.push(new Raw(burst.port, 'GET /healthz HTTP/1.1\r\nHost: '));
    if (i % 100 === 99)
      await sleep(20);
  }
  const end = performance.now() + 30000 * SLOW;
  while (memoryOf(pid) - before_ < 3000 && performance.now() < end)
    await sleep(50);
  const kB = memoryOf(pid) - before_;
  assert.ok(kB >= 3000, `${kB} kB more`);
  for (const raw of all)
    raw.cut();
  while (memoryOf(pid) - before_ > 1500 && performance.now() < end)
    await sleep(100);
  t.diagnostic(`${kB} kB more, then ${memoryOf(pid) - before_}`);
  assert.ok(memoryOf(pid) - before_ <= 1500);
});

async function statusAt(where, path) {
  const raw = new Raw(where.port, `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
  const status = await raw.answered();
  raw.cut();
  return status;
}

test('one address has so many connections', async (t) => {
  const direct = await Relay.start({
    args: ['--limit-local', '--max-per-address', '5'],
  });
  t.after(() => finishAll(direct));
  const first = Array.from({ length: 5 }, () => new Raw(direct.port));
  await sleep(200);
  const late = new Raw(direct.port, 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
  assert.equal(await late.answered(), 503);
  first[0].cut();
  let status;
  for (let i = 0; i < 50 && status !== 200; i++) {
    await sleep(100);
    status = await statusAt(direct, '/healthz');
  }
  assert.equal(status, 200);
  assert.ok(await refusedOf(direct, 'address') >= 1);
  first.forEach((raw) => raw.cut());
  late.cut();
});

test('behind a proxy one address has so many requests under way',
     async () => {
  const token = await relay.link('nobody'); // held, until it comes
  const path = `/nobody/${token}/index.m3u8`;
  const from = (address) => new Raw(relay.port, head(path, address));
  const held = Array.from({ length: 10 }, () => from('203.0.113.1'));
  await sleep(500 * SLOW);
  assert.deepEqual(held.map((raw) => raw.statuses[0]).filter(Boolean), []);
  const beyond = from('10.0.0.1, 203.0.113.1');
  assert.equal(await beyond.answered(), 429);
  await beyond.endsWithin(LATE, 'what was refused');
  const other = from('203.0.113.1, 203.0.113.2');
  await sleep(300);
  assert.equal(other.got, '');
  held[0].cut();
  held.slice(1).forEach((raw) => raw.cut());
  other.cut();
  assert.ok(await refusedOf(relay, 'address') >= 1);
});

test('one address asks so often, wherever it says that it is from', () =>
  calmly(async () => {
    const flood = new Raw(relay.port, Array.from({ length: 400 }, (_, i) =>
      head('/healthz', `198.51.100.${i % 200}, 203.0.113.3`)).join(''));
    await flood.endsWithin(10000 * SLOW, 'a flood');
    const { statuses } = flood;
    assert.equal(statuses.at(-1), 429);
    assert.ok(statuses.length > 150 && statuses.length < 400, statuses.length);
    assert.match(flood.got, /429 [^]*Retry-After: \d/);
    assert.equal(await statusOf('/healthz', '203.0.113.4'), 200);
    assert.ok(await refusedOf(relay, 'rate') > 0);
  }));

test('keys and links are not guessed, and not even a right one is told',
     (t) => calmly(async () => {
  const start = performance.now();
  const token = await relay.link(NAME);
  const right = `/${NAME}/${token}/state.json`;
  const wrong = (i) => `/${NAME}/${token.slice(0, 9)}${
    i.toString(36).padStart(22, 'A')}/state.json`;
  const seen = new Map();
  const lanes = 5;
  await Promise.all(Array.from({ length: lanes }, async (_, lane) => {
    for (let i = lane; i < GUESSES; i += lanes) {
      const status = i % 3
        ? await statusOf(wrong(i), '203.0.113.5')
        : await statusOf(`/v1/cameras/${NAME}`, '203.0.113.5',
                         `Authorization: Bearer ${i}\r\n`);
      seen.set(status, (seen.get(status) ?? 0) + 1);
    }
  }));
  t.diagnostic(`${GUESSES} guesses in ${
    Math.round((performance.now() - start) / 1000)} s: ${
    [...seen].map((pair) => pair.join(' ')).join(', ')}`);
  assert.ok((seen.get(403) ?? 0) + (seen.get(401) ?? 0) <=
            20 + GUESSES / 20, JSON.stringify([...seen]));
  assert.ok(seen.get(429) > GUESSES / 3);
  assert.equal(await statusOf(right, '203.0.113.5'), 429);
  assert.equal(await statusOf(right, '203.0.113.6'), 200);
  assert.ok(await refusedOf(relay, 'guesses') > 0);
}));

test('guesses from ever new addresses make nothing grow', async (t) => {
  const raw = () => new Raw(relay.port);
  let connection = raw();
  const guess = async (from, count) => {
    for (let i = 0; i < count; i += 20) {
      if (connection.closed)
        connection = raw();
      connection.write(Array.from({ length: 20 }, (_, k) => head(
        `/${NAME}/~${(i + k).toString(16)}/state.json`,
        `2001:db8:${(from + i + k).toString(16)}::1`)).join(''));
      await sleep(2);
    }
  };
  await guess(0, 1000);
  const before_ = memoryOf(relay.child.pid);
  await guess(1000, Math.min(GUESSES * 20, 60000));
  const kB = memoryOf(relay.child.pid) - before_;
  connection.cut();
  t.diagnostic(`${kB} kB more`);
  if (!SANITIZED)
    assert.ok(kB < 8000, `${kB} kB`);
  assert.ok((await metricsOf(relay)).get('oriel_requests_total') > 1000);
});
