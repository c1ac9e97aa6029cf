// SPDX-License-Identifier: MIT
/*
 * Limits of the relay from both sides: up to there all is well, beyond it who
 * asks for less goes on. Each test is a row of SECURITY.md.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { memoryOf, Raw, refusedOf } from './attacker.mjs';
import { finishAll, Relay, SANITIZED, SLOW } from './oriel.mjs';
import { Publisher } from './publisher.mjs';
import { decode } from './wire.mjs';

const LATE = 8000 * SLOW; // ms that a busy machine may take to notice
const get = (path, more = '') =>
  `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;

async function start(t, options) {
  const relay = await Relay.start(options);
  t.after(() => {
    relay.allowed.push(/first|second|third/);
    return finishAll(relay);
  });
  return relay;
}

async function statusOf(relay, path, more) {
  const raw = new Raw(relay.port, get(path, more));
  const status = await raw.answered();
  raw.cut();
  return status;
}

async function begin(relay, name = 'first') {
  const publisher = await new Publisher(relay, name).open();
  await publisher.ws.send(publisher.initMessage());
  return publisher;
}

async function until(what, holds) {
  const end = performance.now() + LATE;
  while (!await holds()) {
    assert.ok(performance.now() < end, what);
    await sleep(50);
  }
}

/* As many connections as there may be. */
async function crowd(t, bytes) {
  const relay = await start(t, { args: ['--max-connections', '20', '--hold-ms',
    '30000', '--head-s', '60'] });
  const all = [];
  for (let i = 0; i < 20; i++)
    all.push(new Raw(relay.port, bytes));
  t.after(() => all.forEach((raw) => raw.cut()));
  return { relay, all };
}

test('who only connects makes room for who asks', async (t) => {
  const { relay, all } = await crowd(t, '');
  await sleep(500 * SLOW);
  assert.ok(all.every(({ closed }) => !closed), 'so many may be');
  for (let i = 0; i < 5; i++)
    assert.equal(await statusOf(relay, '/healthz'), 200);
  await until('nobody made room', () => all.some(({ closed }) => closed));
  assert.ok(all.filter(({ closed }) => closed).length <= 5);
  assert.deepEqual(all.flatMap(({ statuses }) => statuses), []);
});

test('who rests makes room for who asks', async (t) => {
  const { relay, all } = await crowd(t, get('/healthz'));
  await until('not all were answered',
              () => all.every(({ statuses }) => statuses[0] === 200));
  assert.ok(all.every(({ closed }) => !closed), 'so many may be');
  await until('nobody makes room',
              async () => await statusOf(relay, '/healthz') === 200);
  await until('nobody has left', () => all.some(({ closed }) => closed));
});

test('who waits for something keeps the place', async (t) => {
  const { relay, all } = await crowd(t, get('/first/index.m3u8'));
  await sleep(1500 * SLOW);
  assert.equal(await statusOf(relay, '/healthz'), 503);
  assert.ok(all.every(({ closed, got }) => !closed && !got));
  all[0].cut();
  await until('the place is not free again',
              async () => await statusOf(relay, '/healthz') === 200);
});

test('a head has as many bytes as it may, and no more', async (t) => {
  const relay = await start(t, { args: ['--max-head', '2048'] });
  const cookie = (n) => get('/healthz', `Cookie: ${'a'.repeat(n)}\r\n`);
  const fine = new Raw(relay.port, cookie(1500));
  assert.equal(await fine.answered(), 200);
  fine.cut();
  const before_ = await refusedOf(relay, 'head');
  const large = new Raw(relay.port, cookie(2500));
  await large.endsWithin(LATE, 'a head too large');
  assert.ok(!large.statuses.includes(200), large.got);
  assert.equal(await refusedOf(relay, 'head'), before_ + 1);
});

test('many who wait for one camera make room for one of another',
     async (t) => {
  const relay = await start(t, { args: ['--max-waiting', '8'] });
  const long = { target_ms: 20000 }; // of which three may be waited for
  const publishers = await Promise.all(['first', 'second'].map(
    async (name) => {
      const publisher = await begin(relay, name);
      await publisher.ws.send(publisher.partMessage());
      await publisher.ws.send(publisher.playlistMessage(long));
      return publisher;
    }));
  await until('nothing was published', async () =>
    (await relay.state('second')).msn === 1000 &&
    (await relay.state('first')).msn === 1000);
  t.after(() => publishers.forEach(({ ws }) => ws.cut()));
  const wait = (name) => new Raw(relay.port, get(
    `/${name}/index.m3u8?_HLS_msn=1000&_HLS_part=1`));
  const first = Array.from({ length: 8 }, () => wait('first'));
  t.after(() => first.forEach((raw) => raw.cut()));
  await sleep(500 * SLOW);
  assert.deepEqual(first.flatMap(({ statuses }) => statuses), []);
  const beyond = wait('first');
  assert.equal(await beyond.answered(), 503);
  const other = wait('second');
  await until('nobody made room', () => first.some(
    ({ statuses }) => statuses[0] === 503));
  assert.equal(first.filter(({ got }) => got).length, 1);
  assert.equal(other.got, '');
  assert.ok(await refusedOf(relay, 'waiting') >= 2);
  publishers[1].part++;
  await publishers[1].ws.send(publishers[1].partMessage());
  await publishers[1].ws.send(publishers[1].playlistMessage(long));
  assert.equal(await other.answered(), 200);
  beyond.cut();
  other.cut();
});

test('one link is good for so many requests a second', async (t) => {
  const relay = await start(t, { open: false,
                                 args: ['--max-token-rate', '5'] });
  const [link, other] = [await relay.link('first'),
                         await relay.link('first', '--for', '9d')];
  const path = (token) => `/first/${token}/state.json`;
  for (let i = 0; i < 20; i++) // four seconds' worth
    assert.equal(await statusOf(relay, path(link)), 200, `${i}`);
  const flood = new Raw(relay.port, get(path(link)).repeat(200));
  await flood.endsWithin(LATE, 'a flood');
  assert.equal(flood.statuses.at(-1), 429);
  assert.ok(flood.statuses.length < 100 * SLOW, `${flood.statuses.length}`);
  assert.equal(await statusOf(relay, path(other)), 200);
  await until('it is not forgiven',
              async () => await statusOf(relay, path(link)) === 200);
  assert.ok(await refusedOf(relay, 'rate') > 0);
});

test('X-Forwarded-For is believed only where a proxy was told of',
     async (t) => {
  for (const hops of [0, 1]) {
    const relay = await start(t, { open: false, args: [
      '--limit-local', '--max-guesses', '5', '--proxy-hops', `${hops}`] });
    const right = `/first/${await relay.link('first')}/state.json`;
    const seen = [];
    for (let i = 0; i < 20; i++)
      seen.push(await statusOf(relay, `/first/~wrong${i}/state.json`,
                               `X-Forwarded-For: 203.0.113.${i}\r\n`));
    // One address guesses, or twenty.
    assert.equal(seen.filter((status) => status === 403).length,
                 hops ? 20 : 5, `${hops}: ${seen}`);
    assert.equal(seen.at(-1), hops ? 403 : 429);
    const mine = await statusOf(relay, right,
                                'X-Forwarded-For: 198.51.100.1\r\n');
    assert.equal(mine, hops ? 200 : 429);
    relay.allowed.push(/proxy/);
  }
});

/*
 * Publishes segments of one part of `size`, the newest `listed` of them in the
 * playlist. Returns what the relay refused it with, "" after `most`.
 */
async function publishSegments(publisher, size, most, listed) {
  const first = publisher.msn;
  for (let i = 0; i < most; i++, publisher.msn++) {
    await publisher.ws.send(publisher.partMessage({ part: 0 },
                                                  Buffer.alloc(size),
                                                  { last: true }));
    await publisher.ws.send(publisher.playlistMessage({
      first_msn: Math.max(first, publisher.msn - listed + 1), last_part: 0,
      hint_msn: publisher.msn + 1, hint_part: 0 }));
    for (let said = {}; said.name !== 'ack' || said.msn !== publisher.msn;) {
      said = decode(await publisher.ws.receive(LATE));
      if (said.name === 'error')
        return said.body.toString();
    }
  }
  return '';
}

test('a part, a window and all bytes of a camera have their limits',
     async (t) => {
  const relay = await start(t, { args: [
    '--max-part', '50000', '--max-window', '30', '--max-camera-bytes',
    '1000000'] });
  const publisher = await begin(relay);
  assert.equal(await publishSegments(publisher, 50000, 60, 18), '');
  const { msn } = await relay.state('first');
  assert.match(await publishSegments(publisher, 50001, 1, 18), /--max-part/);
  assert.match(await publishSegments(await begin(relay, 'second'), 50000, 200,
                                     200), /--max-camera-bytes/);
  assert.match(await publishSegments(await begin(relay, 'third'), 1000, 200,
                                     200), /--max-window/);
  // What was there before is there.
  assert.equal((await relay.state('first')).msn, msn);
  assert.ok((await relay.state('second')).msn > 1010);
  assert.ok((await relay.state('third')).msn >= 1029);
  assert.ok(await refusedOf(relay, 'device') >= 3);
});

test('a small playlist that unpacks to a large one is refused', async (t) => {
  const relay = await start(t, {});
  const before_ = memoryOf(relay.child.pid);
  const large = `#EXTM3U\n${'\n'.repeat(30e6)}`;
  for (const lie of [false, true]) {
    const publisher = await begin(relay);
    await publisher.ws.send(publisher.partMessage());
    const message = publisher.playlistMessage({}, large);
    if (lie)
      message.writeUInt32LE(1000, message.length - 4); // ISIZE
    await publisher.ws.send(message);
    const { name } = await publisher.verdict(LATE);
    assert.equal(name, 'error');
  }
  const kB = memoryOf(relay.child.pid) - before_;
  t.diagnostic(`${kB} kB more`);
  if (!SANITIZED)
    assert.ok(kB < 10000, `${kB} kB`);
});
