// SPDX-License-Identifier: MIT
/*
 * TLS all the way, and nobody in between: wss:// from a camera that trusts an
 * authority of its own, the page in a browser. Certificates are renewed while
 * somebody watches.
 */
import assert from 'node:assert/strict';
import { readFileSync, renameSync } from 'node:fs';
import https from 'node:https';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import tls from 'node:tls';

import { openBrowser, Viewer } from './browser.mjs';
import { Authority } from './certificate.mjs';
import { Camera, finishAll, Relay, SLOW } from './oriel.mjs';

const STALL = 1000 * SLOW; // ms
const PATIENCE = 20000 * SLOW;

/* The relay as one sees it who knows the authority. */
function overTls(relay, ca) {
  const state = (camera) => new Promise((resolve, reject) => {
    https.get(`https://127.0.0.1:${relay.port}/${camera}/state.json`, { ca },
      async (answer) => {
        const chunks = await answer.toArray();
        resolve(JSON.parse(Buffer.concat(chunks)));
      }).on('error', reject);
  });

  return { port: relay.port, key: (name) => relay.key(name), state };
}

/* What a new connection meets: { name, protocol }. */
function meet(relay, ca) {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({
      port: relay.port, host: '127.0.0.1', ca,
      ALPNProtocols: ['h2', 'http/1.1'],
    }, () => {
      resolve({ name: socket.getPeerCertificate().subject.CN,
                protocol: socket.alpnProtocol });
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

/* What the browser has spoken. */
const spoken = async (viewer) => (await viewer.page.evaluate(() => [...new Set(
  performance.getEntriesByType('resource')
    .map((entry) => entry.nextHopProtocol))])).filter(Boolean);

async function until(what, check) {
  const end = performance.now() + PATIENCE;

  while (!await check()) {
    assert.ok(performance.now() < end, `${what} in ${PATIENCE} ms`);
    await sleep(50);
  }
}

const connections = ({ child }) => child.lines
  .filter((line) => /a device has connected/.test(line)).length;

/* How long the picture stood still, at most, since the last time: ms. */
async function longestStop(viewer) {
  await viewer.take();
  const times = viewer.frames.map(({ at }) => at);

  viewer.frames = [];
  return Math.max(...times.slice(1).map((at, i) => at - times[i]));
}

test('a certificate is renewed while somebody watches', async (t) => {
  const authority = new Authority();
  const ca = readFileSync(authority.file);
  const first = authority.issue('first');
  const second = authority.issue('second');
  const relay = await Relay.start({ args: [
    '--tls-cert-file', first.cert, '--tls-key-file', first.key] });
  const camera = await Camera.start(overTls(relay, ca), {
    name: 'tls', scheme: 'wss',
    args: ['--ca-file', authority.file, '--reconnect-after', '3'] });
  t.after(() => finishAll(camera, relay));
  await camera.live();
  assert.deepEqual(await meet(relay, ca), { name: 'first',
                                              protocol: 'http/1.1' });

  const browser = await openBrowser();
  t.after(() => browser.close());
  const viewer = await Viewer.open(browser,
    `https://127.0.0.1:${relay.port}/tls/`, { ignoreHTTPSErrors: true });
  await viewer.waitForState('live', PATIENCE);
  assert.deepEqual(await spoken(viewer), ['http/1.1']);
  await viewer.collect();
  await sleep(1000);
  await viewer.take();
  viewer.frames = [];

  renameSync(second.key, first.key);
  renameSync(second.cert, first.cert);
  relay.child.signal('SIGHUP');
  await until('the new certificate is shown', async () =>
    (await meet(relay, ca)).name === 'second');
  const before = connections(relay);
  await until('the camera has met it', () => connections(relay) > before);
  await sleep(1000);
  const stop = await longestStop(viewer);
  t.diagnostic(`stood still for ${stop.toFixed(0)} ms`);
  assert.ok(stop < STALL);
  assert.equal((await viewer.oriel()).starts, 1);
  assert.deepEqual(viewer.problems, []);

  await viewer.page.reload({ waitUntil: 'domcontentloaded' });
  await viewer.waitForState('live', PATIENCE);
  await viewer.close();
});

test('the page plays over HTTP/2, too', async (t) => {
  const authority = new Authority();
  const ca = readFileSync(authority.file);
  const { cert, key } = authority.issue('both');
  const relay = await Relay.start({ args: [
    '--http2', '--tls-cert-file', cert, '--tls-key-file', key] });
  const camera = await Camera.start(overTls(relay, ca), {
    name: 'tls', scheme: 'wss', args: ['--ca-file', authority.file] });
  t.after(() => finishAll(camera, relay));
  await camera.live();
  assert.deepEqual(await meet(relay, ca), { name: 'both', protocol: 'h2' });

  const browser = await openBrowser();
  t.after(() => browser.close());
  const viewer = await Viewer.open(browser,
    `https://127.0.0.1:${relay.port}/tls/`, { ignoreHTTPSErrors: true });
  await viewer.waitForState('live', PATIENCE);
  assert.deepEqual(await spoken(viewer), ['h2']);
  assert.deepEqual(viewer.problems, []);
  await viewer.close();
});
