// SPDX-License-Identifier: MIT
/*
 * A cache in front of the relay, a real nginx that goes by what answers say of
 * themselves (RFC 9111), and keeps what it may: who comes through it sees what
 * is now, and only what is for him.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { Client } from './http.mjs';
import { Nginx } from './nginx.mjs';
import { finishAll, program, Relay, SLOW } from './oriel.mjs';
import { Publisher } from './publisher.mjs';

const NAME = 'porch';
const CROWD = 8;
const TARGET = 6000; // ms: half of it is how long a playlist is kept
const LOGIN = `Basic ${Buffer.from('ann:correct horse').toString('base64')}`;

/* All that goes to the relay is a line of the access log. */
const cacheOf = (port) => (folder) => `
  proxy_cache_path ${folder}/cache keys_zone=relay:1m;
  server {
    listen unix:${folder}/socket;
    location / {
      proxy_pass http://127.0.0.1:${port};
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_cache relay;
      proxy_cache_lock on;
      proxy_cache_lock_age 30s;
      proxy_cache_lock_timeout 30s;
      add_header X-Cache $upstream_cache_status always;
    }
  }
`;

let relay;
let nginx;
let token;
let publisher;
let client; // through the cache, with a link
let open; // likewise, without

before(async () => {
  const hash = spawnSync(program('oriel-relay'), ['password'],
                         { input: 'correct horse\n', encoding: 'utf8' });
  relay = await Relay.start({
    open: false, args: ['--user', 'ann', '--proxy-hops', '1', '--hold-ms', '0'],
    env: { ORIEL_PASSWORD_HASH: hash.stdout.trim() },
  });
  nginx = await Nginx.start(cacheOf(relay.port));
  token = await relay.link(NAME);
  publisher = await new Publisher(relay, NAME).open();
  await publisher.publish(3);
  await goOn();
  client = new Client(`http://127.0.0.1:${nginx.port}/${NAME}/${token}/`);
  open = new Client(`http://127.0.0.1:${nginx.port}/${NAME}/`);
});

after(async () => {
  client.close();
  open.close();
  publisher.ws.cut();
  await nginx.finish();
  relay.allowed.push(/porch|publish/);
  await finishAll(relay);
});

const cached = ({ headers }) => headers['x-cache'];

/* One more part, and the playlist that lists it. */
async function goOn() {
  publisher.part++;
  await publisher.ws.send(publisher.partMessage());
  await publisher.ws.send(publisher.playlistMessage(
    { target_ms: TARGET }, `#EXTM3U\n#part ${publisher.part}\n`));
}

test('media is fetched from the relay once, for all who want it', async () => {
  for (const [name, bytes] of publisher.sent) {
    const answers = [await client.get(name), await client.get(name)];
    assert.deepEqual(answers.map(cached), ['MISS', 'HIT'], name);
    for (const { status, body } of answers) {
      assert.equal(status, 200);
      assert.deepEqual(body, bytes);
    }
  }
});

test('who waits for a playlist waits together, and all get it', async () => {
  const next = `index.m3u8?_HLS_msn=${publisher.msn}` +
               `&_HLS_part=${publisher.part + 1}`;
  const answers = Array.from({ length: CROWD }, () => client.get(next));

  while (!JSON.parse((await client.get('state.json')).body).viewers)
    await sleep(20);
  await sleep(200);
  await goOn();
  const all = await Promise.all(answers);
  for (const { status, body } of all) {
    assert.equal(status, 200);
    assert.match(body.toString(), new RegExp(`#part ${publisher.part}\n`));
  }
  assert.equal(all.filter((answer) => cached(answer) === 'MISS').length, 1);
});

test('a playlist is not given out for longer than it says', async () => {
  const list = async () => (await client.get('index.m3u8')).body.toString();

  await list();
  await goOn();
  const end = performance.now() + TARGET / 2 + 3000 * SLOW;
  while (!(await list()).includes(`#part ${publisher.part}\n`)) {
    assert.ok(performance.now() < end, 'an old playlist is still given out');
    await sleep(100);
  }
});

test('who takes no gzip gets none that another one took', async () => {
  const plain = { headers: { 'Accept-Encoding': 'identity' } };
  const squeezed = { headers: { 'Accept-Encoding': 'gzip' } };

  await goOn();
  for (const [options, coding] of [[squeezed, 'gzip'], [plain, undefined],
                                   [squeezed, 'gzip']]) {
    const { headers } = await client.get('index.m3u8?x', options);
    assert.equal(headers['content-encoding'], coding);
    assert.match(headers.vary, /accept-encoding/i);
  }
});

test('what a password opened is not given to who has none', async () => {
  await goOn();
  for (const name of ['index.m3u8', ...publisher.sent.keys()]) {
    for (let i = 0; i < 2; i++) {
      const { status, headers } = await open.get(name, {
        headers: { Authorization: LOGIN } });
      assert.equal(status, 200, name);
      assert.match(headers['cache-control'], /private/);
      assert.equal(cached({ headers }), 'MISS');
    }
    const { status, headers } = await open.get(name);
    assert.equal(status, 401, name);
    assert.match(headers['www-authenticate'], /^Basic/);
  }
});

test('no refusal outlives its reason', async () => {
  const late = `${publisher.epoch.toString(16).padStart(8, '0')}-` +
               `${publisher.msn}.${publisher.part + 2}.m4s`;
  assert.equal((await client.get(late)).status, 404);
  await goOn();
  await goOn();
  assert.equal((await client.get(late)).status, 200);
});
