// SPDX-License-Identifier: MIT
/*
 * Requests that are to be read in two ways, and secrets that must not get out.
 * Each test is a row of SECURITY.md.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { Raw } from './attacker.mjs';
import { Camera, finishAll, Relay, runOnce, SLOW } from './oriel.mjs';
import { Publisher } from './publisher.mjs';
import { WsClient } from './ws_client.mjs';

const NAME = 'door';
let relay;
let publisher;
let token;

before(async () => {
  relay = await Relay.start({ open: false,
                              args: ['--log', 'debug', '--hold-ms', '500'] });
  publisher = await new Publisher(relay, NAME).open();
  await publisher.publish(3);
  token = await relay.link(NAME);
});

after(async () => {
  publisher.ws.cut();
  relay.allowed.push(/door|publish/);
  await finishAll(relay);
});

const SECOND = 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n';

/* Sends bytes, and what a smuggler hides behind them. */
async function send(bytes) {
  const raw = new Raw(relay.port, bytes);
  await raw.answered(3000 * SLOW);
  await Promise.race([raw.ended, sleep(100)]);
  raw.cut();
  return raw;
}

test('a request with two lengths is never two requests', async () => {
  const lines = [
    ['Content-Length: 5', 'Content-Length: 0'],
    ['Content-Length: 0', `Content-Length: ${SECOND.length}`],
    ['Content-Length: 0, 5'],
    ['Content-Length: +0'],
    ['Content-Length: 0x0'],
    ['Content-Length:  5'],
    ['Content-Length: -1'],
    ['Content-Length: 99999999999999999999999999'],
    ['Content-Length : 5'],
    ['Content-Length: 0', 'Transfer-Encoding: chunked'],
    ['Transfer-Encoding: chunked', `Content-Length: ${SECOND.length}`],
    ['Transfer-Encoding: chunked'],
    ['Transfer-Encoding: xchunked'],
    ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'],
    ['Transfer-Encoding: identity, chunked'],
    ['Transfer-Encoding:\tchunked'],
    ['Transfer-Encoding : chunked'],
    ['X: y', ' Transfer-Encoding: chunked'],
  ];
  for (const method of ['GET', 'POST', 'HEAD'])
    for (const more of lines) {
      const { statuses, got } = await send(
        `${method} /${NAME}/${token}/index.m3u8 HTTP/1.1\r\nHost: x\r\n` +
        `${more.join('\r\n')}\r\n\r\n0\r\n\r\n${SECOND}`);
      // As a proxy would see it: a body, or nothing; but no second answer to
      // what it took for a body.
      const second = statuses.slice(1).includes(200) && /\r\nok\n/.test(got);
      const plain = more.every((line) => /^(X:|Content-Length : )/.test(line));
      assert.ok(!second || plain, `${method} ${more}: ${statuses}`);
    }
});

test('a request within a body is not answered', async () => {
  for (const path of ['/healthz', `/v1/publish/${NAME}`,
                      `/v1/publish/${NAME}/00000000000000ff`, '/']) {
    const { got } = await send(`POST ${path} HTTP/1.1\r\nHost: x\r\n` +
      `Content-Length: ${SECOND.length}\r\n\r\n${SECOND}`);
    assert.doesNotMatch(got, /\r\nok\n/, path);
  }
});

test('heads that are malformed are not taken for what they look like',
     async () => {
  for (const bytes of [
    'GET  /healthz HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET /healthz\r\n\r\n',
    '/healthz HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET /healthz HTTP/1.1\r\n\0: x\r\n\r\n',
    'GET /heal\0thz HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET http://other/metrics HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET /metrics#/healthz HTTP/1.1\r\nHost: x\r\n\r\n',
    'CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n',
    'TRACE / HTTP/1.1\r\nHost: x\r\n\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  ]) {
    const { got } = await send(bytes);
    assert.doesNotMatch(got, /oriel_requests_total|EXTM3U/, bytes);
  }
  assert.equal((await send(SECOND)).statuses[0], 200);
});

test('no encoding of a path gets around the viewing token', async () => {
  for (const path of [
    `/${NAME}/index.m3u8`, `/${NAME}//index.m3u8`, `/${NAME}/./index.m3u8`,
    `/${NAME}/x/../index.m3u8`, `/%64oor/index.m3u8`,
    `/${NAME}/%69ndex.m3u8`, `/${NAME}%2findex.m3u8`,
    `/${NAME}/%2e%2e/${NAME}/index.m3u8`, `//${NAME}/index.m3u8`,
    `/assets/../${NAME}/index.m3u8`, `/healthz/../${NAME}/index.m3u8`,
    `/${NAME}/~/index.m3u8`, `/${NAME}/~%00/index.m3u8`,
    `/${NAME}/${token}x/index.m3u8`, `/${NAME}/${token}/../index.m3u8`,
    `/${NAME}/index.m3u8?${token}`,
    `/${NAME}/${token.toUpperCase()}/index.m3u8`,
    `/other/../${NAME}/index.m3u8`, '/metrics', '//metrics', '/%6detrics',
    '/v1/cameras', `/v1/cameras/${NAME}`,
  ]) {
    const { got, statuses } = await send(
      `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    assert.ok([400, 401, 403, 404, undefined].includes(statuses[0]),
              `${path}: ${statuses}`);
    assert.doesNotMatch(got, /EXTM3U|oriel_requests|"camera"/, path);
  }
});

/* Everything that the relay says about requests with secrets in them. */
async function sayEverything(secrets) {
  const said = [];
  for (const secret of secrets)
    for (const [path, more] of [
      [`/${NAME}/${secret}/index.m3u8`, ''], [`/${NAME}/${secret}/none`, ''],
      [`/${NAME}/${secret}x/index.m3u8`, ''], [`/${NAME}/~${secret}/`, ''],
      [`/wrong/${secret}/index.m3u8`, ''],
      ['/metrics', `Authorization: Bearer ${secret}\r\n`],
      ['/metrics', `Authorization: Bearer x${secret}\r\n`],
      ['/metrics', `Authorization: ${secret}\r\n`],
      [`/v1/publish/${NAME}`, `Authorization: Bearer ${secret}\r\n`],
      [`/v1/publish/${secret}`, ''],
      [`/${NAME}/index.m3u8?token=${secret}`, ''],
    ])
      said.push((await send(`GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`))
        .got);
  return said;
}

test('no key, token or secret is ever said', async () => {
  const key = await relay.key(NAME);
  const operator = await relay.key();
  const secrets = [token, key, operator, relay.secret];
  const said = await sayEverything(secrets);
  const wrong = await WsClient.open({
    port: relay.port, path: `/v1/publish/${NAME}`, protocol: 'oriel.1',
    key: `${key}x`,
  });
  said.push(wrong.answer, ...relay.child.lines, relay.child.output);
  for (const secret of secrets)
    for (const text of said)
      assert.ok(!text.includes(secret.replace('~', '')), text);
  assert.ok(relay.child.lines.length > 0);
  for (const answer of said.slice(0, 44))
    if (/^HTTP/.test(answer))
      assert.match(answer, /\r\nReferrer-Policy: no-referrer\r\n/);
});

test('no secret is taken from the command line', async () => {
  for (const name of ['secret', 'secret-previous']) {
    const { code, lines } = await runOnce('oriel-relay',
                                          [`--${name}`, 'x'.repeat(32)]);
    assert.equal(code, 2);
    assert.doesNotMatch(lines.join('\n'), /xxxx/);
  }
});

test('a revoked link, key or secret is good no more', async (t) => {
  const begin = async (env) => {
    const other = new Relay({ open: false, secret: relay.secret });
    Object.assign(other.env, env);
    await other.begin();
    t.after(() => finishAll(other));
    return other;
  };
  const key = await relay.key(NAME);
  const view = async (where) => {
    const client = where.client(NAME);
    const { status } = await client.get(`${token}/state.json`);
    client.close();
    return status;
  };
  const publish = async (where) => (await WsClient.open({
    port: where.port, path: `/v1/publish/${NAME}`, protocol: 'oriel.1', key,
  })).status;

  const links = await begin({ ORIEL_GENERATION: '1' });
  assert.deepEqual([await view(links), await publish(links)], [403, 101]);
  const keys = await begin({ ORIEL_KEY_GENERATION: '1' });
  assert.deepEqual([await view(keys), await publish(keys)], [200, 401]);
  const rotated = await begin({ ORIEL_SECRET: 'another secret altogether',
                                ORIEL_SECRET_PREVIOUS: relay.secret });
  assert.deepEqual([await view(rotated), await publish(rotated)], [200, 101]);
  const gone = await begin({ ORIEL_SECRET: 'another secret altogether' });
  assert.deepEqual([await view(gone), await publish(gone)], [403, 401]);
  assert.deepEqual([await view(relay), await publish(relay)], [200, 101]);
});

test('a link for all cameras opens each, and its key publishes each',
     async () => {
  const all = await relay.link('*');
  for (const camera of [NAME, 'never-seen']) {
    const client = relay.client(camera);
    assert.equal((await client.get(`${all}/state.json`)).status, 200);
    client.close();
  }
  const device = await Camera.start(relay, {
    name: 'any', env: { ORIEL_KEY: await relay.key('*') },
  });
  await device.child.line(/connected/, { timeout: 10000 * SLOW });
  await device.finish();
});
