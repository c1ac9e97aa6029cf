// SPDX-License-Identifier: MIT
/*
 * A user with a name and a password. Looking at one takes long, on purpose, and
 * nobody but who asked waits for that.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import http2 from 'node:http2';
import https from 'node:https';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { metricsOf, Raw, unnoticed } from './attacker.mjs';
import { Authority } from './certificate.mjs';
import { request } from './http.mjs';
import { Camera, finishAll, program, Relay, SLOW } from './oriel.mjs';
import { Publisher } from './publisher.mjs';

const PATIENCE = 20000 * SLOW; // ms
const RIGHT = 'ann:open sesame';

const basic = (login) => 'Basic ' + Buffer.from(login).toString('base64');

async function start(t, ...args) {
  const hash = spawnSync(program('oriel-relay'), ['password'],
                         { input: 'open sesame\n', encoding: 'utf8' });
  const relay = new Relay({ open: false, args: ['--user', 'ann', ...args] });

  assert.equal(hash.status, 0, hash.stderr);
  relay.env.ORIEL_PASSWORD_HASH = hash.stdout.trim();
  await relay.begin();
  t.after(() => finishAll(relay.camera, relay));
  return relay;
}

async function startTls(t, ...args) {
  const authority = new Authority();
  const { cert, key } = authority.issue('relay');
  return { ca: readFileSync(authority.file), relay: await start(t,
    '--tls-cert-file', cert, '--tls-key-file', key, ...args) };
}

/* The status of what `login` gets, who comes from `from`. */
async function ask(relay, path, login, from = '198.51.100.1') {
  const headers = { 'X-Forwarded-For': from };
  if (login)
    headers.Authorization = basic(login);
  return (await request(undefined, `${relay.url}${path}`,
                        { headers, timeout: PATIENCE })).status;
}

/* As many looks as may wait, each from an address of its own. */
function fill(relay, name) {
  return Promise.all(Array.from({ length: 8 }, (_, i) =>
    ask(relay, 'v1/cameras', `ann:${name} ${i}`, `203.0.113.${i}`)));
}

test('a user views with a name and a password', async (t) => {
  const relay = await start(t);
  const publisher = await new Publisher(relay, 'porch').open();
  await publisher.publish(3);
  relay.allowed.push(/porch/);
  const stopped = await fetch(`${relay.url}porch/`);
  assert.equal(stopped.status, 401);
  assert.match(stopped.headers.get('www-authenticate'), /^Basic /);
  assert.equal(await ask(relay, 'porch/', 'ann:open sesamf'), 401);
  assert.equal(await ask(relay, 'porch/', 'bob:open sesame'), 401);
  const [name] = publisher.sent.keys();
  for (const path of ['porch/', `porch/${name}`, 'v1/cameras', ''])
    assert.equal(await ask(relay, path, RIGHT), 200, path);
  // It is looked at once, or there would be 429 soon.
  for (let i = 0; i < 100; i++)
    assert.equal(await ask(relay, 'porch/state.json', RIGHT), 200);
  assert.equal(await ask(relay, 'metrics', RIGHT), 401);
  publisher.ws.cut();
});

test('all that a browser asks for at once waits for one look', async (t) => {
  const relay = await start(t);
  for (const [login, status] of [['ann:wrong', 401], [RIGHT, 200]]) {
    const statuses = await Promise.all(Array.from({ length: 30 }, () =>
      ask(relay, 'v1/cameras', login)));
    assert.deepEqual(statuses, Array(30).fill(status));
  }
});

test('HTTP/1.1 over TLS: who asks is answered, and may ask again', async (t) => {
  const { relay, ca } = await startTls(t);
  const agent = new https.Agent({ ca, keepAlive: true, maxSockets: 6 });
  t.after(() => agent.destroy());
  for (const [login, expected] of [['ann:wrong', 401], [RIGHT, 200]])
    await Promise.all(Array.from({ length: 20 }, async () => {
      const answer = await new Promise((resolve, reject) => https.get(
        `https://127.0.0.1:${relay.port}/v1/cameras`,
        { agent, headers: { Authorization: basic(login) } },
        resolve).on('error', reject));
      await answer.toArray();
      assert.equal(answer.statusCode, expected);
    }));
});

test('HTTP/2: who leaves is forgotten, who stays is answered', async (t) => {
  const { relay, ca } = await startTls(t, '--http2');
  const session = http2.connect(`https://127.0.0.1:${relay.port}`,
                                { ca });
  t.after(() => session.destroy());
  const get = (path, login) => session.request({
    ':path': path, authorization: basic(login) });
  const status = (stream) => new Promise((resolve, reject) => {
    stream.on('response', (headers) => resolve(headers[':status']));
    stream.on('error', reject);
    stream.on('close', () => reject(new Error('closed without an answer')));
    stream.resume();
  });
  // A stream that was reset keeps its place for a while, of which
  // libwebsockets has 24 a connection, and no more than these are used here.
  for (const [login, expected] of [['ann:wrong', 401], [RIGHT, 200]]) {
    const streams = Array.from({ length: 8 }, () =>
      get('/v1/cameras', login));
    const stay = streams.filter((_, i) => i % 2).map(status);
    streams.filter((_, i) => i % 2 === 0).forEach((stream) =>
      stream.close(http2.constants.NGHTTP2_CANCEL));
    assert.deepEqual(await Promise.all(stay), Array(4).fill(expected));
  }
  // A camera that nobody knows is waited for, then.
  const waits = get('/porch/index.m3u8', RIGHT);
  const answered = status(waits).then(() => true, () => true);
  assert.equal(await Promise.race([answered, sleep(300).then(() => false)]),
               false);
  waits.close();
});

test('who leaves while his password is looked at is forgotten', async (t) => {
  const relay = await start(t, '--proxy-hops', '1');
  assert.equal(await ask(relay, 'v1/cameras', RIGHT), 200);
  const others = fill(relay, 'x');
  const left = Array.from({ length: 50 }, () => new Raw(relay.port,
    `GET /v1/cameras HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.7\r\n` +
    `Authorization: ${basic('ann:x 7')}\r\n\r\n`));
  for (const raw of left) {
    await sleep(4);
    raw.cut();
  }
  for (const status of await others)
    assert.ok([401, 429, 503].includes(status), status);
  const end = performance.now() + PATIENCE;
  while ((await metricsOf(relay)).get('oriel_waiting') !== 0)
    assert.ok(performance.now() < end, 'somebody is waited for');
  assert.equal(await ask(relay, 'v1/cameras', RIGHT), 200);
});

test('a relay that looks at passwords leaves soon', async (t) => {
  const relay = await start(t, '--proxy-hops', '1');
  const others = fill(relay, 'x').catch(() => []);
  await sleep(50);
  const ms = await relay.finish();
  await others;
  assert.ok(ms < 8000 * SLOW, `${ms} ms`); // a look yields to whatever else runs
});

test('passwords tried from ten addresses do not stop who watches',
     async (t) => {
  const relay = await start(t, '--proxy-hops', '1');
  relay.camera = await Camera.start(relay, { name: 'porch' });
  await relay.camera.child.line(/connected/, { timeout: 10000 * SLOW });
  assert.equal(await ask(relay, 'porch/', RIGHT), 200);
  const statuses = new Map();
  let over = false;
  const guess = async (who) => {
    for (let i = 0; !over; i++) {
      const status = await ask(relay, 'porch/', `ann:${who} ${i}`,
                               `203.0.113.${who}`);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  const guesses = Array.from({ length: 10 }, (_, who) => guess(who));
  await unnoticed(relay, `porch/${await relay.link('porch')}`, async () => {
    for (let i = 0; i < 20; i++) {
      assert.equal(await ask(relay, 'porch/', RIGHT), 200);
      await sleep(200);
    }
    over = true;
    await Promise.all(guesses);
  });
  t.diagnostic([...statuses].map(([s, n]) => `${n} times ${s}`).join(', '));
  assert.ok(statuses.get(401) > 0 && statuses.get(429) > 0);
  assert.ok(!statuses.has(200));
});
