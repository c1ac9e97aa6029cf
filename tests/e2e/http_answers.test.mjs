// SPDX-License-Identifier: MIT
/* What browsers, caches and the curious get (docs/http.md). */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';

import { Camera, finishAll, Relay, runOnce, SLOW } from './oriel.mjs';
import { readPlaylist } from './playlist_text.mjs';

const NAME = 'gate-2';
const MEDIA_CACHE = 'public, max-age=3600, immutable';
let relay;
let camera;
let client;
let names; // of objects that are there

before(async () => {
  relay = await Relay.start({ args: ['--hold-ms', '1000'] });
  camera = await Camera.start(relay, { name: NAME });
  await camera.live();
  client = relay.client(NAME);
  let newest;
  while (!newest) { // a segment must end first
    const { segments } = readPlaylist(
      (await client.get('index.m3u8')).body.toString());
    newest = segments.filter(({ uri }) => uri !== null).at(-1);
    await sleep(100);
  }
  names = { init: newest.map, segment: newest.uri, part: newest.parts[0].uri };
});

after(async () => {
  client.close();
  await finishAll(camera, relay);
});

const raw = (path, options) => client.get('/', { path, ...options });

test('the page comes with a strict policy and all its files', async () => {
  const { status, headers, body } = await client.get('');
  assert.equal(status, 200);
  assert.match(headers['content-type'], /^text\/html; *charset=utf-8$/i);
  assert.match(headers['content-security-policy'], /script-src 'self'/);
  assert.doesNotMatch(headers['content-security-policy'], /unsafe/);
  const html = (headers['content-encoding'] === 'gzip'
    ? gunzipSync(body) : body).toString();
  assert.doesNotMatch(html, /<script(?![^>]* src=)|<style| style=| on\w+=/);
  const files = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)]
    .map(([, path]) => path);
  assert.ok(files.length >= 2);
  const seen = new Set();
  while (files.length) {
    const path = files.pop();
    if (seen.has(path))
      continue;
    seen.add(path);
    const answer = await raw(path, { gzip: true });
    assert.equal(answer.status, 200, path);
    assert.match(answer.headers['content-type'],
                 path.endsWith('.css') ? /^text\/css/ : /^text\/javascript/);
    if (!path.endsWith('.min.mjs'))
      for (const [, name] of answer.body.toString().matchAll(
        /import\("\.\/([a-z0-9_.]+\.m?js)"\)/g))
        files.push(`/assets/${name}`);
    const again = await raw(path, {
      headers: { 'If-None-Match': answer.headers.etag },
    });
    assert.equal(again.status, 304, path);
    assert.equal(again.body.length, 0);
  }
  assert.ok(seen.has('/assets/hls.min.mjs') && seen.has('/assets/player.js'));
});

test('a camera without its slash is sent to its page', async () => {
  const { status, headers } = await raw(`/${NAME}`);
  assert.equal(status, 308);
  assert.equal(new URL(headers.location, `${relay.url}${NAME}`).pathname,
               `/${NAME}/`);
});

test('media may be cached for ever, playlists hardly', async () => {
  for (const name of Object.values(names)) {
    const { status, headers } = await client.get(name);
    assert.equal(status, 200);
    assert.equal(headers['cache-control'], MEDIA_CACHE);
    assert.equal(headers['access-control-allow-origin'], '*');
    assert.equal(headers['content-type'], 'video/mp4');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers.age, undefined);
  }
  const { headers } = await client.get('index.m3u8');
  assert.match(headers['cache-control'], /max-age=0/);
  assert.equal(headers.age, undefined);
  assert.ok(Math.abs(Date.parse(headers.date) - Date.now()) < 2000);
});

test('HEAD says what GET would', async () => {
  for (const name of [...Object.values(names), 'index.m3u8', '',
                      'state.json']) {
    const head = await client.get(name, { method: 'HEAD' });
    const get = await client.get(name);
    assert.equal(head.status, 200, name);
    assert.equal(head.body.length, 0);
    assert.equal(head.headers['content-type'], get.headers['content-type']);
    if (name in names)
      assert.equal(head.headers['content-length'],
                   get.headers['content-length']);
  }
});

test('other methods are refused and told what is allowed', async () => {
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'PROPFIND']) {
    const { status, headers } = await client.get('index.m3u8', { method });
    assert.equal(status, 405, method);
    assert.match(headers.allow, /GET/);
  }
  const { status, headers } = await client.get('index.m3u8',
                                               { method: 'OPTIONS' });
  assert.equal(status, 204);
  assert.equal(headers['access-control-allow-origin'], '*');
});

test('a page of another origin may ask, also for a range', async () => {
  const { status, headers } = await client.get('index.m3u8', {
    method: 'OPTIONS', headers: {
      Origin: 'https://elsewhere.example', 'Access-Control-Request-Method':
      'GET', 'Access-Control-Request-Headers': 'authorization,range' } });
  assert.equal(status, 204);
  assert.equal(headers['access-control-allow-origin'], '*');
  assert.match(headers['access-control-allow-methods'], /\bGET\b/);
  for (const name of ['Authorization', 'Range'])
    assert.match(headers['access-control-allow-headers'],
                 new RegExp(`\\b${name}\\b`));
  // RFC 9110 14.2: who does not know ranges gives all of it.
  const whole = await client.get(names.part);
  const range = await client.get(names.part, {
    headers: { Range: 'bytes=0-9' } });
  assert.equal(range.status, 200);
  assert.deepEqual(range.body, whole.body);
});

test('a request with a body is refused', async () => {
  const { status } = await client.get('index.m3u8', {
    body: 'hello', headers: { 'Content-Length': '5' },
  });
  assert.equal(status, 400);
});

test('the state tells the camera and the relay\'s clock', async () => {
  const { body, headers } = await client.get('state.json');
  const state = JSON.parse(body);
  assert.equal(state.camera, NAME);
  assert.equal(state.state, 'live');
  assert.ok(Math.abs(state.now_ms - Date.now()) < 1000);
  assert.ok(state.age_ms < 2000 * SLOW);
  assert.match(headers['cache-control'], /no-store/);
});

test('a camera that never came is held, then 503, never 404', async () => {
  const nobody = relay.client('nobody');
  const { status, headers, ms } = await nobody.get('index.m3u8');
  assert.equal(status, 503);
  assert.ok(ms > 900 && ms < 2500 * SLOW, `held for ${ms} ms`);
  assert.equal(headers['retry-after'], '1');
  assert.equal(headers['oriel-state'], 'waiting');
  assert.equal(JSON.parse((await nobody.get('state.json')).body).state,
               'waiting');
  nobody.close();
});

test('a viewer who is there first gets the picture when the camera comes',
     async () => {
  const late = relay.client('late');
  const waiting = (async () => {
    for (;;) {
      const answer = await late.get('index.m3u8');
      if (answer.status !== 503)
        return answer;
    }
  })();
  const second = await Camera.start(relay, { name: 'late' });
  const { status } = await waiting;
  assert.equal(status, 200);
  late.close();
  await second.finish();
});

test('path tricks find nothing', async () => {
  const tricks = ['/../etc/passwd', '/..%2f..%2fetc/passwd',
    `/${NAME}/../../etc/passwd`, '/%2e%2e/%2e%2e/etc/passwd',
    `/${NAME}/%2e%2e/%2e%2e/etc/passwd`, '/assets/../Makefile',
    '/assets/..%2f..%2fMakefile', `/${NAME}/index.m3u8%00.html`,
    `/${NAME}/index.m3u8/`, `/${NAME.toUpperCase()}/index.m3u8`,
    '/-cam/index.m3u8', `/${'a'.repeat(33)}/index.m3u8`, '/a%20b/index.m3u8',
    `/${NAME}\\index.m3u8`, '/v1', '/v1/', '/assets/', '/assets/page.css/x',
    `/${NAME}/${names.part}x`, `/${NAME}/0${names.part}`,
    `/${NAME}/${names.init.toUpperCase()}`, '/%', '/%zz', '/%ff%fe/x'];
  for (const path of tricks) {
    const { status, body } = await raw(path).catch((error) => ({
      status: error.code, body: '',
    }));
    assert.ok([404, 400, 403, 308, 'ECONNRESET', 'HPE_INVALID_CONSTANT']
      .includes(status), `${path}: ${status}`);
    assert.doesNotMatch(body.toString(), /root:|DEFAULT_GOAL/);
  }
  // What is tidy once dots are collapsed (RFC 3986 5.2.4) is no trick.
  const home = await raw(`/${NAME}/..`);
  assert.ok(home.body.equals((await raw('/')).body));
});

test('a request line or header beyond all measure ends with an answer',
     async () => {
  for (const options of [
    { path: `/${NAME}/index.m3u8?${'x'.repeat(100000)}` },
    { path: `/${'a/'.repeat(20000)}` },
    { path: `/${NAME}/index.m3u8`, headers: { Cookie: 'c'.repeat(100000) } },
  ]) {
    const answer = await client.get('/', options).catch((error) => error);
    assert.ok(answer instanceof Error || answer.status >= 400);
  }
  assert.equal((await client.get('index.m3u8')).status, 200);
});

test('healthz answers, reserved words are no cameras', async () => {
  assert.equal((await raw('/healthz')).status, 200);
  for (const word of ['v1', 'assets', 'healthz', 'readyz', 'metrics'])
    assert.notEqual((await raw(`/${word}/index.m3u8`)).status, 503, word);
});

test('the binary itself tells whether a relay is well', async () => {
  const ask = (port) => runOnce(
    'oriel-relay', ['health', '--listen', `127.0.0.1:${port}`], {});
  const gone = await Relay.start();

  assert.equal((await ask(relay.port)).code, 0);
  await gone.finish();
  const { code, lines } = await ask(gone.port);
  assert.equal(code, 1);
  assert.match(lines.join('\n'), /port \d+: Connection refused/);
});

test('viewing is closed without a link, and the link opens it', async () => {
  const closed = await Relay.start({ open: false });
  const second = await Camera.start(closed, { name: 'safe' });
  await second.child.line(/connected/);
  const link = async (...args) => (await runOnce(
    'oriel-relay', ['link', 'safe', ...args],
    { ORIEL_SECRET: closed.secret })).output.trim();
  const viewer = closed.client('safe');

  for (const path of ['', 'index.m3u8', 'state.json', '~/index.m3u8',
                      '~00000000AAAAAAAAAAAAAAAAAAAAAA/index.m3u8']) {
    const { status, body } = await viewer.get(path);
    assert.equal(status, 403, path);
    assert.match(body.toString(), /\w+ .*\./);
  }
  const token = /~[A-Za-z0-9_-]+/.exec(await link('--for', '7d'))?.[0];
  assert.ok(token);
  assert.equal((await viewer.get(`${token}/state.json`)).status, 200);
  const other = closed.client('other');
  assert.equal((await other.get(`${token}/state.json`)).status, 403);
  for (const c of [viewer, other])
    c.close();
  await second.finish();
  await closed.finish();
});
