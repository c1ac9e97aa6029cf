// SPDX-License-Identifier: MIT
/*
 * A file that is played once (--once): the camera leaves, and viewers see that
 * it is over: the last playlist has all of it, and EXT-X-ENDLIST; the relay's,
 * what was pushed, and what lies in the spool. A camera that is only stopped
 * may be back in a moment.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { newFolder } from './child.mjs';
import { makeVideo, unitsOf } from './fixtures.mjs';
import { readPart } from './mp4.mjs';
import { Camera, finishAll, Relay, SLOW } from './oriel.mjs';

const path = makeVideo(newFolder(), 'once.mp4', { seconds: 4, gop: 30,
                                                  bframes: 0, kbits: 300 });

/* A web server that keeps what is put there, some of it on the second try. */
async function openOrigin(t) {
  const files = new Map();
  let tries = 0;
  const server = createServer(async (request, response) => {
    const name = request.url.slice(1);
    const pieces = await request.toArray();
    if (request.method !== 'PUT') {
      response.writeHead(files.has(name) ? 200 : 404).end(files.get(name));
    } else if (name.endsWith('.m3u8') && tries++ % 2) {
      response.writeHead(503).end();
    } else {
      files.set(name, Buffer.concat(pieces));
      response.writeHead(201).end();
    }
  });
  await new Promise((done) => { server.listen(0, '127.0.0.1', done); });
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { files, url: `http://127.0.0.1:${server.address().port}/` };
}

const segments = (text) => text.match(/^[^#\n]+\.m4s$/gm) ?? [];

/* What is in the spool, and lies at the origin, says the same. */
function checkCopies(camera, origin) {
  const spool = readFileSync(join(camera.spool, 'index.m3u8'), 'utf8');
  const pushed = origin.files.get('index.m3u8').toString();
  for (const text of [spool, pushed]) {
    assert.match(text, /#EXT-X-ENDLIST\n$/);
    assert.doesNotMatch(text, /PRELOAD-HINT/);
    assert.deepEqual(segments(text), segments(spool));
  }
  for (const name of segments(pushed))
    assert.ok(origin.files.get(name).length > 0, name);
}

for (const scheme of ['ws', 'http'])
  test(`a file that is played once ends with all of it, by ${scheme}://`,
       async (t) => {
    const relay = await Relay.start();
    const origin = await openOrigin(t);
    const camera = await Camera.start(relay, {
      name: 'once', scheme,
      args: ['--source', path, '--once', '--push', origin.url],
    });
    const { code } = await camera.child.ended;
    assert.equal(code, 0, camera.child.lines.join('\n'));
    checkCopies(camera, origin);

    const client = relay.client('once');
    const { status, body } = await client.get('index.m3u8');
    const text = body.toString();
    assert.equal(status, 200);
    assert.match(text, /#EXT-X-ENDLIST\n$/);
    assert.doesNotMatch(text, /PRELOAD-HINT/);
    let frames = 0;
    for (const [name] of text.matchAll(/^[^#\n]+\.m4s$/gm)) {
      const segment = await client.get(name);
      assert.equal(segment.status, 200, name);
      for (let rest = segment.body; rest.length;) {
        // parts, one behind the other: moof and mdat
        const size = rest.readUInt32BE(0) +
                     rest.readUInt32BE(rest.readUInt32BE(0));
        frames += readPart(rest.subarray(0, size)).length;
        rest = rest.subarray(size);
      }
    }
    assert.equal(frames, unitsOf(path).length);
    assert.equal((await relay.state('once')).state, 'ended');
    client.close();
    await relay.finish();
  });

test('a camera that is stopped ends no list', async (t) => {
  const relay = await Relay.start();
  const origin = await openOrigin(t);
  const camera = await Camera.start(relay, {
    name: 'stopped', args: ['--push', origin.url],
  });
  camera.allowed.push(/cannot push/);
  const end = performance.now() + 20000 * SLOW;
  while (!origin.files.has('index.m3u8')) {
    assert.ok(performance.now() < end, camera.child.lines.join('\n'));
    await sleep(50);
  }
  await finishAll(camera);
  const lists = [origin.files.get('index.m3u8'),
                 readFileSync(join(camera.spool, 'index.m3u8'))];
  for (const list of lists)
    assert.doesNotMatch(list.toString(), /ENDLIST/);
  await relay.finish();
});
