// SPDX-License-Identifier: MIT
/* Viewers who read slowly, never, or too much: the others do not notice. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { Follower } from './follower.mjs';
import { Camera, finishAll, Relay, runSeconds, SANITIZED, SLOW }
  from './oriel.mjs';

const NAME = 'busy';
let relay;
let camera;

before(async () => {
  relay = await Relay.start();
  // As much as comes from a good camera, where the encoder can keep up.
  camera = await Camera.start(relay, {
    name: NAME, args: SANITIZED ? []
      : ['--bitrate', '4000000', '--width', '1280', '--height', '720'],
  });
  await camera.live();
});

after(async () => {
  relay.allowed.push(/slow|limit|connection/);
  await finishAll(camera, relay);
});

/* kB of memory that a process has. */
function memoryOf(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(
    readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
}

/* Follows the stream for a while; the relay must be as quick as ever. */
async function follow(milliseconds) {
  const client = relay.client(NAME);
  const follower = new Follower(client, { slow: SLOW });
  await follower.run(milliseconds);
  client.close();
  assert.deepEqual(follower.problems, []);
  assert.equal(follower.unavailable, 0);
  assert.ok(follower.parts > milliseconds / 1000);
}

/* Asks for `paths` in one go and reads a byte a second of the answers. */
function readSlowly(paths) {
  const socket = connect({ port: relay.port, host: '127.0.0.1',
                           highWaterMark: 1 });
  let read = 0;
  socket.on('error', () => {});
  socket.pause();
  socket.write(paths.map((path) => `GET /${NAME}/${path} HTTP/1.1\r\n` +
                                   'Host: x\r\n\r\n').join(''));
  const timer = setInterval(() => {
    read += socket.read(1)?.length ?? 0;
  }, 1000);
  return {
    get read() { return read; },
    stop() {
      clearInterval(timer);
      socket.destroy();
    },
  };
}

test('viewers who read a byte a second do not disturb the others',
     async (t) => {
  const client = relay.client(NAME);
  const list = (await client.get('index.m3u8')).body.toString();
  const segments = list.split('\n').filter((line) => /^[^#]/.test(line));
  client.close();
  await follow(3000);
  const before_ = memoryOf(relay.child.pid);
  // More than the kernel's buffers take, so that the relay has to wait.
  const slow = Array.from({ length: 20 }, () => readSlowly(
    Array.from({ length: 20 }, () => segments).flat()));
  t.after(() => slow.forEach((reader) => reader.stop()));
  await follow(runSeconds(15) * 1000);
  const grown = memoryOf(relay.child.pid) - before_;
  t.diagnostic(`the relay grew by ${grown} kB beside 20 slow readers, who ` +
               `have read ${slow.map(({ read }) => read).join(' ')} bytes`);
  if (!SANITIZED)
    assert.ok(grown < 40000, `${grown} kB`);
});

test('requests that never end are dropped, others served', async () => {
  const sockets = Array.from({ length: 50 }, (_, i) => {
    const socket = connect(relay.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(i % 2 ? 'GET /busy/index.m3u8 HT' :
      'GET /busy/index.m3u8 HTTP/1.1\r\nHost: x\r\nX-A: ');
    return socket;
  });
  await follow(3000);
  sockets.forEach((socket) => socket.destroy());
});

test('bytes that are no HTTP get no answer that hurts', async () => {
  for (const bytes of ['\0\0\0\0', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc',
                       'GET\r\n\r\n', '\r\n\r\n\r\n', 'A'.repeat(70000),
                       'GET / HTTP/9.9\r\n\r\n',
                       'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
                       'GET /busy/index.m3u8 HTTP/1.1\r\nContent-Length: ' +
                       '-1\r\n\r\n',
                       'GET /busy/index.m3u8 HTTP/1.1\r\nTransfer-Encoding: ' +
                       'chunked\r\n\r\nffffffffff\r\n']) {
    const socket = connect(relay.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(bytes, 'latin1');
    await sleep(100);
    socket.destroy();
  }
  await follow(2000);
});

test('viewers who leave in the middle of waiting are forgotten', async () => {
  for (let i = 0; i < 200; i++) {
    const socket = connect(relay.port, '127.0.0.1');
    socket.on('error', () => {});
    const { msn } = i % 50 ? { msn: 0 } : await relay.state(NAME);
    socket.write(`GET /busy/index.m3u8?_HLS_msn=${msn + 1} HTTP/1.1\r\n` +
                 'Host: x\r\n\r\n');
    await sleep(2);
    socket.destroy();
  }
  await follow(3000);
});
