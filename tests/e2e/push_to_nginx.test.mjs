// SPDX-License-Identifier: MIT
/*
 * --push to a web server that knows nothing of us, a real nginx: plain HLS
 * that others play, a playlist that never goes back, and a folder that does
 * not grow, also when the camera is killed or the server is away.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { Child, newFolder } from './child.mjs';
import { Client } from './http.mjs';
import { Nginx } from './nginx.mjs';
import { Camera, finishAll, Relay, runOnce, SLOW } from './oriel.mjs';
import { PlaylistChecker } from './playlist_checker.mjs';

const WINDOW = 7;
/* Listed, as many that have fallen out, init and playlist; and in between. */
const MOST_FILES = 2 * WINDOW + 2 + 2;
const KEY = 'cam:passw0rd';

let relay;
let nginx;
let client;
let camera;
const checker = new PlaylistChecker({ plain: true });

before(async () => {
  relay = await Relay.start();
  nginx = await Nginx.start();
  client = new Client(nginx.url);
});

after(async () => {
  client.close();
  await finishAll(camera, relay, nginx);
});

/* The playlist that lies there, judged; null: none. */
async function look() {
  const { status, body } = await client.get('index.m3u8');
  if (status === 404)
    return null;
  assert.equal(status, 200);
  const { playlist, problems } = checker.check(body.toString());
  // A machine that stands still for seconds makes the camera skip, too.
  const skipped = camera.child.lines.some((line) => /skipping/.test(line));
  assert.deepEqual(problems.filter((problem) =>
    !(skipped && /shorter than 3 TARGETDURATION/.test(problem))), []);
  return playlist;
}

async function until(what, condition, timeout = 20000 * SLOW) {
  const end = performance.now() + timeout;
  for (;;) {
    const value = await condition();
    if (value)
      return value;
    assert.ok(performance.now() < end,
              `${what}:\n${camera.child.lines.join('\n')}`);
    await sleep(100);
  }
}

const status = async () => JSON.parse((await runOnce('oriel-cam', [
  'status', '--json', '--spool', camera.spool])).output);

const newest = (playlist) => playlist?.segments.at(-1)?.msn ?? 0;

test('what lies there is plain HLS, whole, and others play it', async (t) => {
  camera = await Camera.start(relay, {
    name: 'porch', args: ['--push', nginx.url, '--upload', 'always'],
    env: { ORIEL_PUSH_KEY: KEY },
  });
  camera.allowed.push(/skipping/);
  const first = await until('a playlist', look);
  const full = await until('a full list', async () => {
    const playlist = await look();
    return playlist.segments.length >= WINDOW && playlist;
  });
  assert.ok(newest(full) > newest(first));
  for (const { uri, map } of full.segments.slice(1)) {
    assert.equal((await client.get(uri)).status, 200, uri);
    assert.equal((await client.get(map)).status, 200, map);
  }
  // The relay has the same stream, under the same numbers.
  const { msn } = await relay.state('porch');
  assert.ok(Math.abs(msn - newest(await look())) <= 2);

  const player = new Child('ffmpeg', ['-hide_banner', '-v', 'error', '-xerror',
    '-live_start_index', '-4', '-i', `${nginx.url}index.m3u8`, '-t', '4',
    '-map', '0:v', '-f', 'framecrc', '-']);
  const { code } = await player.ended;
  assert.equal(code, 0, player.lines.join('\n'));
  const frames = player.output.split('\n')
    .filter((line) => /^0,/.test(line)).length;
  assert.ok(frames >= 60 && frames <= 125, `${frames} frames in 4 s`);
  t.diagnostic(`${frames} frames in 4 s by ffmpeg`);
});

test('files that fell out of the list are deleted, in time', async (t) => {
  const start = newest(await look());
  let most = 0;
  const listed = new Map(); // uri -> when it was listed last
  await until('more segments', async () => {
    const playlist = await look();
    for (const { uri } of playlist.segments)
      listed.set(uri, newest(playlist));
    most = Math.max(most, nginx.files().length);
    return newest(playlist) >= start + 2 * WINDOW;
  }, 60000 * SLOW);
  assert.ok(most <= MOST_FILES, `${most} files: ${nginx.files().join(' ')}`);
  t.diagnostic(`at most ${most} files`);
});

test('killed and started again, it goes on, and leaves nothing', async () => {
  for (let i = 0; i < 2; i++) {
    const last = newest(await look());
    await camera.kill();
    await camera.begin();
    await until('more segments', async () => newest(await look()) > last + 1,
                60000 * SLOW);
  }
  await until('old files to go',
              () => nginx.files().length <= MOST_FILES, 60000 * SLOW);
});

test('after the loss of its memory too, its numbers go up', async () => {
  const last = newest(await look());
  await camera.kill();
  camera.folder = newFolder(); // a spool without a past, as after a reboot
  await camera.begin();
  await until('more segments', async () => newest(await look()) > last + 1,
              60000 * SLOW);
});

test('a server that is away for a while is caught up with', async () => {
  const from = camera.child.lines.length;
  const last = newest(await look());
  nginx.setAway(true);
  await camera.child.line(/cannot push/, { timeout: 20000 * SLOW, from });
  await until('the status to say so',
              async () => /cannot push/.test((await status()).origin_note));
  assert.equal((await status()).note, '', 'it is none of the viewers\' business');
  await sleep(3000);
  nginx.setAway(false);
  await camera.child.line(/takes segments again/,
                          { timeout: 40000 * SLOW, from });
  await until('the status to be well',
              async () => (await status()).origin_note === '');
  await until('more segments', async () => newest(await look()) > last + 4,
              60000 * SLOW);
  camera.allowed.push(/cannot push/);
});

test('a wrong password is named, and is in no log and no argument',
     async () => {
  const stranger = await Camera.start(relay, {
    name: 'other', args: ['--push', nginx.url],
    env: { ORIEL_PUSH_KEY: 'cam:t0ps3cret' },
  });
  stranger.allowed.push(/cannot push|skipping/);
  try {
    await stranger.child.line(/ORIEL_PUSH_KEY/, { timeout: 20000 * SLOW });
    assert.ok(!stranger.child.lines.join('\n').includes('t0ps3cret'));
  } finally {
    await stranger.finish();
  }
});

/* Answers so to every PUT; nothing lies there yet. */
async function refuse(code) {
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      response.writeHead(request.method === 'PUT' ? code : 404).end();
    });
  });

  await new Promise((done) => { server.listen(0, '127.0.0.1', done); });
  return server;
}

test('each refusal is said with what to do', async () => {
  const refusals = [[403, /may it write there/], [405, /take PUT and DELETE/],
                    [413, /client_max_body_size/], [500, /its log says why/],
                    [507, /its disk is full/]];

  await Promise.all(refusals.map(async ([code, words]) => {
    const server = await refuse(code);
    const refused = await Camera.start(relay, {
      name: `no-${code}`, args: ['--push',
        `http://127.0.0.1:${server.address().port}/live`],
    });
    refused.allowed.push(/cannot push|skipping/);
    try {
      await refused.child.line(words, { timeout: 30000 * SLOW });
    } finally {
      await refused.finish();
      server.closeAllConnections();
      server.close();
    }
  }));
});
