// SPDX-License-Identifier: MIT
/*
 * TLS that the relay ends itself: who begins handshakes and does not finish
 * them, who begins too many, who sends what is no TLS. Each test is a row of
 * SECURITY.md.
 */
import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { memoryOf, metered, METERED, metricsOf, Raw, refusedOf }
  from './attacker.mjs';
import { Authority } from './certificate.mjs';
import { finishAll, Relay, SANITIZED, SLOW } from './oriel.mjs';
import { answerTo, hello, message, open, record, RECORD, shake }
  from './tls_wire.mjs';

const HEAD_S = 2;
const STUCK_S = 3;
const LATE = 4000 * SLOW; // ms that a busy machine may take to notice
const CONNECTIONS = 80; // an eighth may be in a handshake
const SHAKES = 5; // a second
const ASK = 'GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
let relay;
let meter;
let files;

before(async () => {
  const { cert, key } = new Authority().issue('relay');

  files = ['--tls-cert-file', cert, '--tls-key-file', key];
  relay = await Relay.start({ args: [
    ...files, ...METERED, '--head-s', `${HEAD_S}`, '--stuck-s', `${STUCK_S}`,
    '--max-connections', `${CONNECTIONS}`] });
  meter = await metered(relay);
});

after(() => finishAll(relay));

/* Whether others are served. */
async function serves(options, port = relay.port) {
  const { socket, error } = await open(port, options);

  assert.equal(error, undefined, `nobody else is served: ${error}`);
  assert.match(await answerTo(socket, ASK, 10000 * SLOW),
               /^HTTP\/1\.1 200 [^]*ok\n/);
  socket.destroy();
}

test('a handshake that drips, stops or never begins is hung up on', async () => {
  const before_ = await refusedOf(meter, 'head');
  const first = await hello();
  const many = [
    new Raw(relay.port),
    new Raw(relay.port, '\x16'),
    new Raw(relay.port, first.subarray(0, 50).toString('latin1')),
    new Raw(relay.port, first.toString('latin1')), // and no answer to theirs
  ];
  const drip = new Raw(relay.port);
  let at = 0;
  const timer = setInterval(() => {
    if (at < first.length)
      drip.socket.write(first.subarray(at, ++at));
  }, 50);
  const { socket: idle } = await open(relay.port); // and no request
  const { socket: half } = await open(relay.port);
  half.write('GET / HTTP/1.1\r\nHost:');

  for (const raw of [...many, drip])
    await raw.endsWithin(HEAD_S * 1000 + LATE, 'a slow handshake');
  clearInterval(timer);
  for (const socket of [idle, half])
    if (!socket.destroyed)
      await Promise.race([once(socket, 'close'), sleep(LATE).then(() =>
        assert.fail('a connection without a request is still open'))]);
  assert.ok(await refusedOf(meter, 'head') >= before_ + many.length + 3);
  await serves();
});

test('handshakes that are not finished make room for others', async (t) => {
  const start = memoryOf(relay.child.pid);
  // All that OpenSSL takes of one, but for the last byte.
  const giant = Buffer.concat(Array.from({ length: 8 }, (_, i) => record(
    RECORD.handshake, i ? Buffer.alloc(16000)
      : message(1, Buffer.alloc(15996), 128001))));
  const many = [];

  for (let i = 0; i < 60; i++) {
    many.push(new Raw(relay.port, giant.toString('latin1')));
    if (i % 10 === 9)
      await serves();
  }
  await serves();
  const left = many.filter((raw) => !raw.closed).length;
  const grown = memoryOf(relay.child.pid) - start;
  t.diagnostic(`${left} of ${many.length} left, ${grown} kB more`);
  assert.ok(left <= CONNECTIONS / 8 + 1, `${left} are still open`);
  assert.ok(SANITIZED || grown < 300 * CONNECTIONS / 8 + 4000);
  many.forEach((raw) => raw.cut());
});

test('one address begins so many handshakes a second, others go on',
     async (t) => {
  const limited = await Relay.start({ args: [
    ...files, ...METERED, '--limit-local', '--max-handshakes', `${SHAKES}`] });
  t.after(() => finishAll(limited));
  const count = await metered(limited);
  const one = { localAddress: '127.0.0.9' };
  const start = performance.now();
  let fine = 0;
  let refused = 0;

  while (refused < 5 && performance.now() - start < 30000) {
    const all = await Promise.all(Array.from({ length: 40 }, () =>
      open(limited.port, one)));
    all.forEach(({ socket }) => socket.destroy());
    refused += all.filter(({ error }) => error).length;
    fine += all.filter(({ error }) => !error).length;
  }
  const s = (performance.now() - start) / 1000;
  assert.ok(refused >= 5);
  assert.ok(fine >= 4 * SHAKES && fine <= SHAKES * (5 + s), `${fine} in ${s} s`);
  assert.ok(await refusedOf(count, 'handshakes') >= 5);
  await serves({ localAddress: '127.0.0.10' }, limited.port);
  await sleep(1000);
  await serves(one, limited.port); // and again
});

test('only TLS 1.2 and 1.3 are spoken, with forward secrecy', async () => {
  const offer = (version, ciphers) => open(relay.port, {
    minVersion: version, maxVersion: version,
    ciphers: `${ciphers ?? 'ALL'}:@SECLEVEL=0` });

  // Also with a certificate that was read again.
  relay.child.signal('SIGHUP');
  await relay.child.line(/certificate was read again/);
  for (const version of ['TLSv1', 'TLSv1.1'])
    assert.ok((await offer(version)).error, version);
  for (const ciphers of ['kRSA', 'aNULL', 'eNULL', '3DES', 'RC4', 'ADH',
                         'ECDHE+AES+SHA1', 'ECDHE+SHA256+AES', 'PSK'])
    assert.ok((await offer('TLSv1.2', ciphers)).error, ciphers);
  for (const [version, ciphers] of [
    ['TLSv1.2'], ['TLSv1.2', 'ECDHE+CHACHA20'], ['TLSv1.3']]) {
    const { socket, error } = await offer(version, ciphers);
    assert.equal(error, undefined);
    assert.equal(socket.getProtocol(), version);
    assert.match(socket.getCipher().name, /GCM|CHACHA20/);
    socket.destroy();
  }
});

test('a client cannot have the handshake again', async () => {
  const { socket } = await open(relay.port, { maxVersion: 'TLSv1.2' });
  const error = await new Promise((resolve) => {
    socket.once('error', resolve);
    socket.once('close', () => resolve(new Error('closed')));
    socket.renegotiate({ rejectUnauthorized: false }, resolve);
    setTimeout(resolve, 1000 * SLOW, new Error('no answer')).unref();
  });
  assert.ok(error, 'it was renegotiated');
  socket.destroy();
  await serves();
});

test('a session is resumed, which is cheaper', async () => {
  const { socket } = await open(relay.port, { maxVersion: 'TLSv1.2' });
  const session = socket.getSession();
  socket.destroy();
  const again = await open(relay.port, { maxVersion: 'TLSv1.2', session });
  assert.ok(again.socket.isSessionReused());
  again.socket.destroy();
  await serves({ session: randomBytes(0) });
});

test('what is no handshake, or none of ours, ends at once', async () => {
  const first = await hello({ maxVersion: 'TLSv1.2' });
  const wrong = {
    'a ClientHello beyond 128 kB': record(RECORD.handshake,
      message(1, Buffer.alloc(1000), 0xffffff)),
    'a record beyond 16 kB': record(RECORD.handshake, Buffer.alloc(100), 65535),
    'an empty ClientHello': record(RECORD.handshake, message(1, Buffer.alloc(0))),
    'rubbish in it': record(RECORD.handshake, message(1, randomBytes(400))),
    'a ServerHello': record(RECORD.handshake, message(2, Buffer.alloc(80))),
    'data at once': record(RECORD.data, 'GET / HTTP/1.1\r\n\r\n'),
    'SSL 2': Buffer.from('802e0100020015000000100100800300800700c0', 'hex'),
    'a heartbeat (RFC 6520)': record(24, Buffer.from([1, 0x40, 0])),
    'zeros': Buffer.alloc(1000),
    'the first flight twice': Buffer.concat([first, first]),
  };

  for (const [what, bytes] of Object.entries(wrong)) {
    const raw = new Raw(relay.port, bytes.toString('latin1'));
    await raw.endsWithin(HEAD_S * 1000 + LATE, what);
    assert.doesNotMatch(raw.got, /HTTP\/1\.1 [^4]/, what);
  }
  // A certificate that nobody has asked for.
  const raw = new Raw(relay.port, first.toString('latin1'));
  while (!raw.got && !raw.closed)
    await sleep(10);
  raw.write(record(RECORD.handshake, message(11, Buffer.alloc(5000)))
    .toString('latin1'));
  await raw.endsWithin(HEAD_S * 1000 + LATE, 'a certificate of the client');
  await serves();
});

test('handshakes that are changed or cut at any flight do no harm', async (t) => {
  let fine = 0;

  for (let i = 0; i < 60; i++) {
    const raw = new Raw(relay.port);
    const at = i % 4; // the flight
    const socket = shake(raw, (bytes, flight) => {
      if (flight !== at)
        return bytes;
      const changed = Buffer.from(bytes);
      if (i % 3 === 0) {
        setImmediate(() => raw.cut());
        return changed.subarray(0, randomInt(changed.length));
      }
      for (let n = 0; n <= i % 5; n++)
        changed[randomInt(changed.length)] ^= 1 << randomInt(8);
      return changed;
    }, { maxVersion: i % 2 ? 'TLSv1.2' : 'TLSv1.3' });
    socket.on('secureConnect', () => socket.write(ASK));
    socket.on('data', () => { fine++; });
    await Promise.race([raw.ended, sleep(100)]);
    raw.cut();
    socket.destroy();
  }
  t.diagnostic(`${fine} answers`);
  await serves();
});

test('over TLS, too, who leaves while he waits is forgotten', async () => {
  const waiting = async () => (await metricsOf(meter)).get('oriel_waiting');
  const until = async (count) => {
    const end = performance.now() + LATE;
    while (await waiting() !== count) {
      assert.ok(performance.now() < end, `not ${count} wait`);
      await sleep(100);
    }
  };
  const sockets = [];

  for (let i = 0; i < 3; i++) {
    const { socket } = await open(relay.port);
    socket.write('GET /nobody/index.m3u8 HTTP/1.1\r\nHost: x\r\n\r\n');
    sockets.push(socket);
  }
  await until(3);
  await sleep(1000);
  assert.equal(await waiting(), 3);
  for (const socket of sockets)
    socket.end(); // with a goodbye of TLS in front
  await until(0);
});

test('over TLS, too, who takes nothing of an answer is hung up on', async () => {
  const before_ = await refusedOf(meter, 'slow');
  const { socket } = await open(relay.port);

  socket.pause();
  // 600 kB, which is more than the sockets between us keep.
  socket.write('GET /assets/hls.min.mjs HTTP/1.1\r\nHost: x\r\n\r\n');
  const end = performance.now() + STUCK_S * 1000 + 2 * LATE;
  while (await refusedOf(meter, 'slow') === before_) {
    assert.ok(performance.now() < end, 'it is still open');
    await sleep(100);
  }
  socket.destroy();
  await serves();
});
