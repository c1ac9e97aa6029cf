// SPDX-License-Identifier: MIT
/*
 * HTTP/2, which the relay speaks only when it is told to (--http2): that there
 * is no way to it otherwise, and what an attacker may do where there is. Each
 * test is a row of SECURITY.md.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { memoryOf, metered, METERED, metricsOf, Raw, refusedOf } from './attacker.mjs';
import { Authority } from './certificate.mjs';
import { ask, field, FLAG, frame, H2, INDEX, indexed, integer, PREFACE, request,
         settings, TYPE, u32 } from './h2_frames.mjs';
import { finishAll, Relay, SANITIZED, SLOW } from './oriel.mjs';

const HEAD_S = 2;
const STUCK_S = 2;
const SLOW_S = 3;
const HOLD = 3000; // ms, longer than HEAD_S
const LATE = 4000 * SLOW; // ms that a busy machine may take to notice
const FROM = '127.0.0.9'; // limited, as others are not
const PER_ADDRESS = 40;
const RATE = 50; // a second; the first four are a burst
const closed = {}; // the default
let relay; // with --http2
let meter; // its metrics
let authority;

before(async () => {
  authority = new Authority();
  const { cert, key } = authority.issue('relay');
  const certificate = ['--tls-cert-file', cert, '--tls-key-file', key,
                       '--head-s', `${HEAD_S}`];
  closed.relay = await Relay.start({ args: certificate });
  // libwebsockets loses some of its tables of fields: SECURITY.md
  const env = { ASAN_OPTIONS: 'detect_leaks=0:abort_on_error=0' };
  relay = await Relay.start({ env, args: [
    ...certificate, '--http2', '--hold-ms', `${HOLD}`, '--idle-s', '20',
    '--stuck-s', `${STUCK_S}`, '--slow-s', `${SLOW_S}`, '--limit-local', '--max-per-address',
    `${PER_ADDRESS}`, '--max-rate', `${RATE}`, ...METERED] });
  meter = await metered(relay);
});

after(() => finishAll(closed.relay, relay));

const status = (h2, stream) => {
  const [head] = h2.of(TYPE.headers, stream);
  // :status of the static table, or a literal of three digits
  const known = { 8: 200, 9: 204, 10: 206, 11: 304, 12: 400, 13: 404, 14: 500 };

  return head && (known[head.payload[0] & 0x7f] ??
                  Number(/\d{3}/.exec(head.payload.toString('latin1'))?.[0]));
};

/* Whether everybody else is served. */
async function serves() {
  const h2 = await H2.open(relay.port, { from: '127.0.0.77' });

  h2.write(ask(1, '/healthz'));
  assert.ok(await h2.answered(1, 10000 * SLOW), 'nobody else is served');
  assert.ok(await h2.until(() => h2.body(1).toString() === 'ok\n'));
  h2.cut();
}

test('HTTP/2 is not spoken unless it was asked for', async () => {
  const { port } = closed.relay;

  const offers = [['h2'], ['h2', 'http/1.1'], ['h2c', 'h2-14'], []];
  await Promise.all(offers.map(async (alpn) => {
    const h2 = new H2(port, { alpn });
    await h2.ready;
    assert.ok(['http/1.1', false].includes(h2.socket.alpnProtocol),
              `${alpn}: ${h2.socket.alpnProtocol}`);
    let got = '';
    h2.socket.on('data', (data) => { got += data.toString('latin1'); });
    h2.write(PREFACE, settings(), ask(1, '/healthz'));
    assert.ok(await h2.endsWithin(HEAD_S * 1000 + LATE));
    assert.match(got, /^(HTTP\/1\.1 4\d\d |$)/, 'in HTTP/1.1, if at all');
    assert.doesNotMatch(got, /ok\n/);
  }));
});

test('HTTP/2 without TLS is not spoken, by upgrade or from the beginning',
     async (t) => {
  const plain = await Relay.start({ args: ['--head-s', `${HEAD_S}`] });
  t.after(() => finishAll(plain));
  const upgrade = new Raw(plain.port, 'GET /healthz HTTP/1.1\r\nHost: x\r\n' +
    'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n' +
    'HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n');
  const begin = new Raw(plain.port, Buffer.concat([
    PREFACE, settings(), ask(1, '/healthz')]).toString('latin1'));

  for (const raw of [upgrade, begin]) {
    await raw.endsWithin(HEAD_S * 1000 + LATE, 'no HTTP/2');
    assert.doesNotMatch(raw.got, / 101 |ok\n/);
  }
});

test('with HTTP/2, who waits is answered, however long it takes', async () => {
  const h2 = await H2.open(relay.port);

  h2.write(ask(1, '/absent/index.m3u8'));
  assert.ok(await h2.answered(1, HOLD + LATE));
  assert.equal(status(h2, 1), 503);
  h2.cut();
});

test('with HTTP/2, who says nothing is hung up on', async () => {
  const half = frame(TYPE.headers, 0, 1, request('/healthz'));
  const many = [
    new H2(relay.port), // no preface
    await H2.open(relay.port, { first: [] }), // no settings
    await H2.open(relay.port), // no request
    await H2.open(relay.port, { first: [settings(), half] }),
    await H2.open(relay.port, { first: [settings(), half.subarray(0, 20)] }),
  ];

  for (const h2 of many)
    assert.ok(await h2.endsWithin(HEAD_S * 1000 + LATE));
  await serves();
});

test('with HTTP/2, streams count, and not only connections', async () => {
  const before_ = await refusedOf(meter, 'address');
  const three = await Promise.all([1, 2, 3].map(() =>
    H2.open(relay.port, { from: FROM })));

  for (const h2 of three)
    h2.write(...Array.from({ length: 20 }, (_, i) =>
      ask(1 + 2 * i, '/absent/index.m3u8')));
  await three[0].until(() =>
    three.flatMap((h2) => h2.of(TYPE.headers)).length >= 20, 10000 * SLOW);
  const early = three.flatMap((h2) => h2.of(TYPE.headers).map(({ stream }) =>
    status(h2, stream)));
  assert.deepEqual(early, Array(20).fill(429));
  assert.ok(await refusedOf(meter, 'address') >= before_ + 20);
  three.forEach((h2) => h2.cut());
  await serves();
});

test('with HTTP/2, streams beyond all connections are refused', async (t) => {
  const { cert, key } = authority.issue('small');
  const small = await Relay.start({ tls: { cert, key }, args: [
    '--http2', '--max-connections', '12', '--hold-ms', '20000'] });
  t.after(() => finishAll(small));
  const h2 = await H2.open(small.port);

  const wait = (first, count) => h2.write(...Array.from(
    { length: count }, (_, i) => ask(first + 2 * i, '/absent/index.m3u8')));

  wait(1, 9);
  while ((await metricsOf(small)).get('oriel_waiting') < 9)
    await sleep(50);
  wait(19, 11);
  await h2.until(() => h2.of(TYPE.headers).length >= 11, 10000 * SLOW);
  assert.deepEqual(h2.of(TYPE.headers).map(({ stream }) => status(h2, stream)),
                   Array(11).fill(503));
  assert.equal((await metricsOf(small)).get('oriel_waiting'), 9);
  h2.cut();
});

test('with HTTP/2, a body that drips is hung up on, with a key and without',
     async () => {
  const key = await relay.key('attack');
  const drips = await Promise.all(['', `Bearer ${key}`].map(async (bearer) => {
    const h2 = await H2.open(relay.port);
    h2.write(ask(1, '/v1/publish/attack/00000000000000ff', {
      method: 'POST', more: [field('content-length', '100000'),
                             field('authorization', bearer)] },
    FLAG.endHeaders));
    const timer = setInterval(() => h2.write(frame(TYPE.data, 0, 1, 'a')), 100);
    h2.ended.then(() => clearInterval(timer));
    return h2;
  }));

  for (const h2 of drips)
    assert.ok(await h2.endsWithin(SLOW_S * 1000 + LATE));
  await serves();
});

test('with HTTP/2, requests count as elsewhere', async () => {
  const h2 = await H2.open(relay.port, { from: '127.0.0.10' });
  const answers = () => h2.of(TYPE.headers).map(({ stream }) =>
    status(h2, stream));
  let stream = 1;

  while (stream < 40 * RATE && !answers().includes(429) && !h2.closed) {
    h2.write(...Array.from({ length: 10 }, (_, i) =>
      ask(stream + 2 * i, '/healthz')));
    stream += 20;
    await h2.answered(stream - 2);
  }
  assert.ok(answers().includes(429), `${answers().length} answers`);
  assert.ok(answers().filter((s) => s === 200).length >= 4 * RATE);
  h2.cut();
});

test('with HTTP/2, a rapid reset ends the connection', async (t) => {
  const memory = memoryOf(relay.child.pid);
  let most = 0;

  for (let i = 0; i < 8; i++) {
    const h2 = await H2.open(relay.port);
    let stream = 1;
    for (; stream < 20000 && !h2.closed; stream += 2) {
      h2.write(ask(stream, '/absent/index.m3u8'),
               frame(TYPE.reset, 0, stream, u32(8)));
      if (stream % 100 === 1)
        await sleep(1);
    }
    most = Math.max(most, stream);
    assert.ok(await h2.endsWithin(HEAD_S * 1000 + LATE));
  }
  t.diagnostic(`after ${most >> 1} at most`);
  assert.ok(SANITIZED || memoryOf(relay.child.pid) < memory + 10000);
  await serves();
});

test('with HTTP/2, nobody grows by not taking what was asked for', async () => {
  // No window at all, and one byte.
  await Promise.all([0, 1].map(async (window) => {
    const h2 = await H2.open(relay.port, { first: [settings([4, window])] });
    h2.write(...Array.from({ length: 20 }, (_, i) =>
      ask(1 + 2 * i, '/assets/hls.min.mjs')));
    await h2.until(() => h2.of(TYPE.headers).length === 20);
    assert.ok(h2.bytes < 20000);
    assert.ok(await h2.endsWithin(STUCK_S * 1000 + LATE),
              `a window of ${window}`);
  }));
  await serves();
});

test('with HTTP/2, a table or a head beyond the limits ends the connection',
     async (t) => {
  const memory = memoryOf(relay.child.pid);
  const large = field('user-agent', 'a'.repeat(4000), INDEX);
  const heads = {
    'one large field': [field('cookie', 'a'.repeat(15000))],
    'the same field again and again': [large, ...Array(50).fill(indexed(62))],
    'thousands of fields': [Buffer.concat(
      Array(3000).fill(field('accept', 'a')))],
    'a table of 4 GB': [integer(5, 0x20, 0xffffffff), large],
    'an index beyond the table': [indexed(5000)],
    'index 0': [Buffer.from([0x80])],
    'an endless number': [Buffer.alloc(5000, 0xff)],
    'bad Huffman': [Buffer.from([0x40, 0x85, 0xff, 0xff, 0xff, 0xff, 0xff])],
  };

  for (const [what, more] of Object.entries(heads))
    for (let i = 0; i < 5; i++) {
      const h2 = await H2.open(relay.port);
      h2.write(frame(TYPE.headers, FLAG.endHeaders | FLAG.endStream, 1,
                     request('/healthz', { more })), ask(3, '/healthz'));
      await h2.until(() => h2.of(TYPE.headers, 3).length, 1000 * SLOW);
      assert.ok(memoryOf(relay.child.pid) < memory + 20000 * SLOW, what);
      h2.cut();
    }
  await serves();
  t.diagnostic(`${memoryOf(relay.child.pid) - memory} kB more`);
});

test('with HTTP/2, floods of control frames are outlived', async (t) => {
  const floods = {
    pings: frame(TYPE.ping, 0, 0, '12345678'),
    settings: settings([3, 100]),
    priorities: frame(TYPE.priority, 0, 3, Buffer.alloc(5, 1)),
    'window updates': frame(TYPE.window, 0, 0, u32(1)),
    'empty fields without end': Buffer.concat([
      frame(TYPE.headers, 0, 1, request('/healthz')),
      ...Array(20).fill(frame(TYPE.continuation, 0, 1,
                              field('x-nobody', 'y')))]),
    'unknown frames': frame(0xaa, 0xff, 0, Buffer.alloc(100)),
  };
  const memory = memoryOf(relay.child.pid);

  await Promise.all(Object.entries(floods).map(async ([what, bytes]) => {
    const h2 = await H2.open(relay.port);
    h2.write(Buffer.concat(Array(2000).fill(bytes)));
    await serves();
    assert.ok(await h2.endsWithin(HEAD_S * 1000 + LATE), what);
  }));
  t.diagnostic(`${memoryOf(relay.child.pid) - memory} kB more`);
  assert.ok(SANITIZED || memoryOf(relay.child.pid) < memory + 20000);
});

test('with HTTP/2, what is against its rules is not answered', async () => {
  const end = FLAG.endHeaders | FLAG.endStream;
  const headers = (...fields) =>
    frame(TYPE.headers, end, 1, Buffer.concat(fields));
  const wrong = {
    'a stream lower than the last': Buffer.concat([
      ask(5, '/readyz'), ask(1, '/healthz')]),
    'data behind the end': Buffer.concat([
      ask(3, '/readyz'), frame(TYPE.data, 0, 3, 'a'), ask(1, '/healthz')]),
    'a continuation of nothing': frame(TYPE.continuation, 4, 1,
                                       request('/healthz')),
    'other frames within a head': Buffer.concat([
      frame(TYPE.headers, 0, 1, request('/healthz')),
      frame(TYPE.ping, 0, 0, '12345678'),
      frame(TYPE.continuation, 4, 1, field('accept', 'a'))]),
    'an even stream': ask(2, '/healthz'),
    'stream 0': ask(0, '/healthz'),
    'data for nobody': frame(TYPE.data, 0, 1, 'a'),
    'a window update of 0': frame(TYPE.window, 0, 0, u32(0)),
    'a window that overflows': Buffer.concat(
      Array(3).fill(frame(TYPE.window, 0, 0, u32(0x7fffffff)))),
    'a ping of 7 bytes': frame(TYPE.ping, 0, 0, '1234567'),
    'a frame beyond what we take': frame(TYPE.headers, end, 1,
                                         Buffer.alloc(20000, 0x41)),
    'settings of 5 bytes': frame(TYPE.settings, 0, 0, '12345'),
    'a promise': frame(TYPE.promise, 4, 1, Buffer.alloc(10)),
    'more padding than frame': frame(TYPE.headers, end | FLAG.padded, 1,
                                     Buffer.from([200, 1, 2])),
    'no path': headers(field(':method', 'GET'), field(':scheme', 'https')),
    'two paths': headers(request('/healthz'), field(':path', '/other')),
    'a method behind fields': headers(
      field(':scheme', 'https'), field(':path', '/healthz'),
      field('accept', 'a'), field(':method', 'GET')),
    'large letters': headers(request('/healthz'), field('Accept', 'a')),
    'Connection': headers(request('/healthz'), field('connection', 'close')),
  };

  for (const [what, bytes] of Object.entries(wrong)) {
    const h2 = await H2.open(relay.port);
    h2.write(bytes, frame(TYPE.ping, 0, 0, 'whatever'));
    await h2.endsWithin(500);
    assert.ok(!h2.body(1).toString().includes('ok'), `${what} was answered`);
    h2.cut();
  }
  await serves();
});

test('with HTTP/2, a path is what it is elsewhere', async () => {
  const h2 = await H2.open(relay.port);
  const paths = ['/../healthz/../metrics/x', '/%2e%2e/etc/passwd',
                 '/healthz%00', 'https://other/healthz', '//healthz', '*', '',
                 '/a b', '/assets/../../etc/passwd'];

  for (let i = 0; i < paths.length && !h2.closed; i++) {
    h2.write(ask(1 + 2 * i, paths[i], { authority: 'a@b:99999/x' }));
    await h2.until(() => h2.of(TYPE.headers, 1 + 2 * i).length, 500 * SLOW);
    assert.ok([undefined, 200, 308, 400, 403, 404].includes(
      status(h2, 1 + 2 * i)), `${paths[i]}: ${status(h2, 1 + 2 * i)}`);
    assert.doesNotMatch(h2.body(1 + 2 * i).toString(), /root:/);
  }
  h2.cut();
  await serves();
});

test('with HTTP/2, a WebSocket within a stream needs a key, too', async () => {
  const connect = (key) => frame(TYPE.headers, FLAG.endHeaders, 1, Buffer.concat([
    field(':method', 'CONNECT'), field(':protocol', 'websocket'),
    field(':scheme', 'https'), field(':path', '/v1/publish/porch'),
    field(':authority', 'x'), field('sec-websocket-protocol', 'oriel.1'),
    field('sec-websocket-version', '13'),
    field('authorization', `Bearer ${key}`)]));
  const h2 = await H2.open(relay.port);

  h2.write(connect('wrong'));
  await h2.until(() => h2.of(TYPE.headers, 1).length, 1000 * SLOW);
  assert.notEqual(status(h2, 1), 200);
  assert.equal((await metricsOf(meter)).get('oriel_publishers'), 0);
  h2.cut();
  await serves();
});
