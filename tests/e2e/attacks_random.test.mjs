// SPDX-License-Identifier: MIT
/*
 * Requests put together at random out of what requests are made of, several
 * in a row, cut anywhere: the relay stays what it is. Under a sanitizer this
 * is where pointers into what libwebsockets has given back are found.
 * ATTACK_RANDOM=20000 connections, SEED=n to repeat a run.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { memoryOf, Raw } from './attacker.mjs';
import { finishAll, Relay, SANITIZED, SLOW } from './oriel.mjs';
import { Publisher } from './publisher.mjs';
import { seededRandom } from './random.mjs';

const NAME = 'door';
const CONNECTIONS = Number(process.env.ATTACK_RANDOM ?? 400);
const LANES = 10;
let relay;
let publisher;
let key;
let token;

before(async () => {
  relay = await Relay.start({ open: false, args: [
    '--hold-ms', '200', '--head-s', '5', '--idle-s', '5', '--log', 'error'] });
  publisher = await new Publisher(relay, NAME).open();
  await publisher.publish(3);
  key = await relay.key(NAME);
  token = await relay.link(NAME);
});

after(async () => {
  publisher.ws.cut();
  relay.allowed.push(/door/);
  await finishAll(relay);
});

const METHODS = ['GET', 'GET', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT',
                 'CONNECT', 'TRACE', 'PATCH', 'get', '', 'BREW'];
const VERSIONS = ['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0',
                  'HTTP/0.9', '', 'HTTP/1.1 x'];
const paths = () => [
  '/', '/healthz', '/metrics', `/${NAME}/`, `/${NAME}/${token}/`,
  `/${NAME}/${token}/index.m3u8`, `/${NAME}/${token}/state.json`,
  `/${NAME}/${token}/index.m3u8?_HLS_msn=1000&_HLS_part=2`,
  `/${NAME}/${token}/index.m3u8?_HLS_msn=1000&_HLS_part=3&_HLS_skip=YES`,
  `/v1/publish/${NAME}`, `/v1/publish/${NAME}/demand?every=5`,
  `/v1/publish/${NAME}/00000000000000ff`, '/v1/cameras', '/assets/hls.min.mjs',
  '/%2e%2e/x', '/a/../b//c', '*', '?', '/?&=&&==%00', 'http://x/', `/${
    'a'.repeat(3000)}`, '/%zz', '/\xff\xfe',
];
const headers = () => [
  'Host: x', 'Host: x', 'Connection: close', 'Connection: keep-alive',
  'Connection: Upgrade', 'Upgrade: websocket', 'Upgrade: h2c', 'Upgrade: raw',
  'Upgrade:', `Upgrade: ${'w'.repeat(300)}`, 'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Version: 8', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  'Sec-WebSocket-Key: x', 'Sec-WebSocket-Protocol: oriel.1',
  'Sec-WebSocket-Protocol: chat, oriel.1,', 'Sec-WebSocket-Extensions: ' +
    'permessage-deflate; client_max_window_bits', 'Content-Length: 0',
  'Content-Length: 5', 'Content-Length: 70000', 'Content-Length: -1',
  'Transfer-Encoding: chunked', 'Expect: 100-continue',
  `Authorization: Bearer ${key}`, 'Authorization: Bearer x',
  'Authorization: Basic YW5uOnNlY3JldA==', 'Authorization:',
  'Accept-Encoding: gzip;q=0.5, br', 'If-None-Match: "x"', 'Range: bytes=0-1',
  'X-Forwarded-For: 1.2.3.4, ::1', `Cookie: ${'c'.repeat(2000)}`,
  'HTTP2-Settings: AAMAAABk', 'Origin: null', ' folded', ': y', 'X', '\0: \0',
  `X-${'y'.repeat(500)}: z`,
];

/* Bytes of one request, more or less. */
function makeRequest(random) {
  const { pick } = random;
  const lines = [`${pick(METHODS)} ${pick(paths())} ${pick(VERSIONS)}`];

  for (let i = random.between(0, 7); i > 1; i--)
    lines.push(pick(headers()));
  return lines.join('\r\n') + pick(['\r\n\r\n', '\r\n\r\n', '\r\n\r\n', '\n\n',
    '\r\n\r\nabcde', '\r\n\r\n0\r\n\r\n', '\r\n', '\r\n\r\n\x82\x85abcdefghi']);
}

async function callOnce(random) {
  const below = (n) => Math.floor(random() * n);
  const raw = new Raw(relay.port);

  for (let i = 1 + below(4); i > 0 && !raw.closed; i--) {
    let bytes = makeRequest(random);

    if (below(3) === 0) {
      const at = below(bytes.length);

      raw.write(bytes.slice(0, at));
      await sleep(below(3));
      bytes = bytes.slice(at);
    }
    raw.write(bytes);
    // Sometimes at once, sometimes when the answer is there.
    if (below(2))
      await Promise.race([raw.ended, sleep(below(15))]);
  }
  await Promise.race([raw.ended, sleep(below(30))]);
  raw.cut();
}

test('requests made up at random leave the relay as it is', async (t) => {
  const { seed } = seededRandom();
  const before_ = memoryOf(relay.child.pid);
  t.diagnostic(`SEED=${seed}`);
  await Promise.all(Array.from({ length: LANES }, async (_, lane) => {
    const random = seededRandom(seed + lane);
    for (let i = lane; i < CONNECTIONS && !relay.child.how; i += LANES)
      await callOnce(random);
  }));
  assert.equal(relay.child.how, undefined,
               relay.child.lines.slice(0, 60).join('\n'));
  const client = relay.client(NAME);
  assert.equal((await client.get(`${token}/state.json`, {
    timeout: 20000 * SLOW })).status, 200);
  client.close();
  const kB = memoryOf(relay.child.pid) - before_;
  t.diagnostic(`${CONNECTIONS} connections, ${kB} kB more`);
  if (!SANITIZED)
    assert.ok(kB < 10000, `${kB} kB`);
});
