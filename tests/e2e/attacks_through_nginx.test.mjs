// SPDX-License-Identifier: MIT
/*
 * Requests that a real nginx in front and the relay behind it could read in
 * two ways: neither may see a request that the other does not. The bytes go
 * through as they are; viewers share a connection between the two. Each test
 * is a row of SECURITY.md.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { Raw } from './attacker.mjs';
import { frontOf, Nginx } from './nginx.mjs';
import { finishAll, Relay, SLOW } from './oriel.mjs';
import { Publisher } from './publisher.mjs';

const NAME = 'door';
let relay;
let nginx;
let publisher;

before(async () => {
  relay = await Relay.start({ args: ['--access-log', 'json', '--proxy-hops',
                                     '1', '--hold-ms', '500'] });
  nginx = await Nginx.start(frontOf(relay.port));
  publisher = await new Publisher(relay, NAME).open();
  await publisher.publish(3);
});

after(async () => {
  publisher.ws.cut();
  await nginx.finish();
  relay.allowed.push(/door|publish/);
  await finishAll(relay);
});

/* To the front, and what came of it. */
async function send(bytes, { patience = 5000 * SLOW } = {}) {
  const raw = new Raw(nginx.port, bytes);
  await raw.answered(patience);
  await Promise.race([raw.ended, sleep(30)]);
  raw.cut();
  return raw;
}

/* Somebody else, who must get what he asked for. */
async function bystander(what) {
  const { got } = await send(
    'GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  assert.match(got, /^HTTP\/1\.1 200 [^]*\r\n\r\nok\n$/, `behind ${what}`);
}

/* What is hidden in the Nth request. */
const hide = (n) => `GET /v1/cameras/hidden-${
  `${n}`.padStart(4, '0')} HTTP/1.1\r\nHost: x\r\n\r\n`;
const LENGTH = hide(0).length;
const hiddenIn = (lines) => lines.map((line) => /hidden-(\d+)/.exec(line)?.[1])
  .filter(Boolean);

const SHAPES = [
  ['Content-Length: 5', 'Content-Length: 0'],
  ['Content-Length: 0', `Content-Length: ${LENGTH}`],
  ['Content-Length: 0, 5'], ['Content-Length: +5'], ['Content-Length: 0x5'],
  ['Content-Length: -1'], ['Content-Length: 99999999999999999999999999'],
  ['Content-Length : 5'], ['Content-Length: 5', 'Content-Length: 5'],
  [`Content-Length: ${LENGTH + 5}`],
  ['Content-Length: 5', 'Transfer-Encoding: chunked'],
  ['Transfer-Encoding: chunked', `Content-Length: ${LENGTH}`],
  ['Transfer-Encoding: chunked'], ['Transfer-Encoding: xchunked'],
  ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'],
  ['Transfer-Encoding: identity, chunked'], ['Transfer-Encoding:\tchunked'],
  ['Transfer-Encoding : chunked'], ['Transfer-Encoding: \x0bchunked'],
  ['Transfer-Encoding: chunked\0'], ['X: y', ' Transfer-Encoding: chunked'],
  ['X: y\n Transfer-Encoding: chunked'], ['X: y\nTransfer-Encoding: chunked'],
  ['X: y\rTransfer-Encoding: chunked'], ['X: \0y'], ['\0: y'], [': y'],
  ['Expect: 100-continue', 'Content-Length: 5'],
  ['Connection: Content-Length', 'Content-Length: 5'],
  ['Connection: Upgrade', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABk'],
  ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 7'],
];

/* Bare line ends, bodies of the oldest kinds, and both ends of a chunk. */
const WHOLE = [
  `GET /${NAME}/ HTTP/1.1\nHost: x\n\n`,
  `GET /${NAME}/ HTTP/1.1\r\nHost: x\n\r\n`,
  `GET /${NAME}/ HTTP/1.0\r\nConnection: keep-alive\r\n\r\n`,
  `GET /${NAME}/\r\n\r\n`,
  ...['fffffffffffffffff1\r\n', '1;x=\n\r\na\r\n0\r\nX: y\r\n\r\n', '-1\r\n',
      '0\n\r\n', '0x0\r\n\r\n', '5\r\nabcdeX\r\n0\r\n\r\n'].map((chunks) =>
    `POST /${NAME}/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n` +
    `\r\n${chunks}`),
];

test('through nginx a request hidden in another is never seen', async (t) => {
  const all = [
    ...['GET', 'POST'].flatMap((method) => SHAPES.map((more) =>
      `${method} /${NAME}/index.m3u8 HTTP/1.1\r\nHost: x\r\n` +
      `${more.join('\r\n')}\r\n\r\n0\r\n\r\n`)),
    ...WHOLE];
  for (const [n, bytes] of all.entries()) {
    await send(bytes + hide(n), { patience: 300 * SLOW }); // some never are
    await bystander(JSON.stringify(bytes));
  }
  await sleep(600 * SLOW); // the log is written now and then
  const passed = nginx.seen().filter((line) => !line.endsWith(' -'));
  const known = hiddenIn(passed);
  const seen = relay.child.output.split('\n').filter(Boolean);
  t.diagnostic(`${all.length} shapes; ${passed.length} requests passed on, ` +
               `${seen.length} answered, ${known.length} just came behind`);
  // Some are two requests in a row, and nothing is wrong with that.
  for (const n of hiddenIn(seen))
    assert.ok(known.includes(n), JSON.stringify(all[Number(n)]));
  assert.ok(known.length > 0);
  assert.ok(seen.length <= passed.reduce((sum, line) =>
    sum + line.split(', ').length, 0));
});

test('no encoding gets around what a front forbids', async () => {
  assert.match((await send('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n')).got,
               /^HTTP\/1.1 410/);
  for (const path of [
    '//metrics', '/./metrics', '/x/../metrics', '/%6detrics', '/%2e/metrics',
    '/x/%2e%2e/metrics', '/x%2f..%2fmetrics', '/x/..%2fmetrics', '/metrics/',
    '/metrics//', '/metrics/.', '/metrics/x/..', '/metrics;x', '/metrics%00',
    '/metrics%20', '/metrics%23', '/metrics%3f', '/metrics?', '/metrics%2f',
    '/metrics%2f..', '/%256detrics', '/%2564%2565', '/metrics#x', '/metrics\\',
    '\\metrics', '/\\metrics', '/x\\..\\metrics', '/%5cmetrics',
    '/%c0%afmetrics', '/%c0%ae/metrics', '/x/%c0%ae%c0%ae/metrics',
    '/%e0%80%afmetrics', '/%u002fmetrics', '/METRICS', '/metric%73',
    'http://x/metrics', 'http://x//metrics', '/v1/../metrics', '/%2fmetrics',
    `/${NAME}/../metrics`, `/${NAME}/%2e%2e/metrics`, '/metrics%0d%0aX:%20y',
    '/metrics%09', '/;/metrics', '/.;/metrics', '/x/..;/metrics',
  ]) {
    const { got } = await send(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    assert.doesNotMatch(got, /oriel_requests_total/, path);
  }
  await bystander('all of them');
});

test('what is no upgrade for the relay is no tunnel through nginx',
     async () => {
  const key = `Authorization: Bearer ${await relay.key('other')}\r\n`;
  for (const more of [
    `Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n${key}`,
    `Upgrade: raw\r\n${key}`, `Upgrade: TLS/1.0\r\n${key}`,
    `Upgrade: websocket\r\n${key}`,
    'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n' +
      'Sec-WebSocket-Protocol: oriel.1\r\n',
  ])
    for (const path of ['/v1/publish/other', '/', '/healthz']) {
      const { got, statuses } = await send(
        `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n${more}` +
        '\r\nGET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
      assert.ok(!statuses.includes(101), `${path} ${more}: ${got}`);
      assert.doesNotMatch(got, /oriel_requests_total/);
      await bystander(more);
    }
});
