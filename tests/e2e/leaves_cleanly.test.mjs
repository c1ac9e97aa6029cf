// SPDX-License-Identifier: MIT
/* Stopping: soon, with nothing left behind. And make demo from end to end. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { Child } from './child.mjs';
import { request } from './http.mjs';
import { Camera, Relay, SANITIZED, SLOW } from './oriel.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const SOON = 1000 * SLOW; // ms

test('camera and relay leave within a second of SIGTERM', async (t) => {
  const relay = await Relay.start();
  const camera = await Camera.start(relay, { name: 'leaver' });
  await camera.live();
  const cameraTook = await camera.finish();
  const relayTook = await relay.finish();
  t.diagnostic(`camera ${cameraTook.toFixed(0)} ms, ` +
               `relay ${relayTook.toFixed(0)} ms`);
  assert.ok(cameraTook < SOON && relayTook < SOON);
  const files = existsSync(camera.spool) ? camera.files() : [];
  assert.deepEqual(files.filter(({ name }) => /tmp|~$/.test(name)), []);
});

test('a relay with viewers who wait leaves within a second, too', async () => {
  const relay = await Relay.start();
  const camera = await Camera.start(relay, { name: 'waited' });
  await camera.live();
  const client = relay.client('waited');
  const { msn } = await relay.state('waited');
  const waiting = Array.from({ length: 20 }, () =>
    client.get(`index.m3u8?_HLS_msn=${msn + 2}`).catch((error) => error));
  await sleep(100);
  const took = await relay.finish();
  await Promise.all(waiting);
  client.close();
  assert.ok(took < SOON, `${took} ms`);
  camera.allowed.push(/uplink/);
  await camera.finish();
});

test('a camera whose relay is gone leaves within a second, too', async () => {
  const relay = await Relay.start();
  const camera = await Camera.start(relay, { name: 'alone' });
  await camera.live();
  await relay.finish();
  await sleep(1500);
  camera.allowed.push(/uplink/);
  const took = await camera.finish();
  assert.ok(took < SOON, `${took} ms`);
});

test('SIGINT is as good as SIGTERM', async () => {
  const relay = await Relay.start();
  relay.child.signal('SIGINT');
  const { code } = await relay.child.ended;
  assert.equal(code, 0);
});

/* Processes of a session, by /proc; field 6 of stat behind the name. */
function sessionOf(sid) {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).filter(
    (pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return Number(fields[3]) === sid && fields[0] !== 'Z';
      } catch {
        return false;
      }
    });
}

const leftovers = () => ['/dev/shm', '/tmp'].flatMap(
  (folder) => readdirSync(folder).filter((name) => /oriel-demo/.test(name)));

test('make demo prints a URL and a VLC line, and Ctrl-C ends all of it', {
  skip: SANITIZED && 'make demo is about the release build',
}, async () => {
  const before_ = leftovers();
  // A session of its own, as a terminal has.
  const demo = new Child('make', ['--no-print-directory', '-C', ROOT, 'demo',
                                  'SETUP=no'], { detached: true });
  const [, url] = await demo.line(/(http:\/\/127\.0\.0\.1:\d+\/[a-z]+\/)$/,
                                  { timeout: 120000 });
  const [vlc] = await demo.line(/^ .*vlc .*/);
  assert.ok(vlc.includes(`${url}index.m3u8`), vlc);
  const page = await request(undefined, url);
  assert.equal(page.status, 200);
  const playlist = await request(undefined, `${url}index.m3u8`);
  assert.equal(playlist.status, 200);
  process.kill(-demo.pid, 'SIGINT');
  const start = Date.now();
  while (sessionOf(demo.pid).length && Date.now() - start < 10000)
    await sleep(50);
  assert.deepEqual(sessionOf(demo.pid), [], 'processes are left');
  await demo.ended;
  assert.deepEqual(leftovers(), before_, 'files are left');
  await assert.rejects(request(undefined, url));
});
