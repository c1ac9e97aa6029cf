// SPDX-License-Identifier: MIT
/*
 * Devices that have a key and mean no good; those that only get the protocol
 * wrong are in bad_publishers.test.mjs. Each test is a row of SECURITY.md.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { memoryOf, metricsOf, Raw, refusedOf, unnoticed } from './attacker.mjs';
import { Camera, finishAll, Relay, SANITIZED, SLOW } from './oriel.mjs';
import { Publisher } from './publisher.mjs';
import { decode, encode, ERROR } from './wire.mjs';
import { frame, OP, WsClient } from './ws_client.mjs';

const NAME = 'calm';
const MAX_BYTES = 24e6;
let relay;
let camera;

before(async () => {
  relay = await Relay.start({ args: ['--max-bytes', `${MAX_BYTES}`,
                                     '--max-camera-bytes', `${MAX_BYTES}`,
                                     '--max-cameras', '4'] });
  camera = await Camera.start(relay, { name: NAME });
  await camera.live();
});

after(async () => {
  relay.allowed.push(/attack|greedy|many/);
  await finishAll(camera, relay);
});

const calmly = (attack) => unnoticed(relay, NAME, attack);

test('a flood of pings, pongs and tiny frames is only noise', (t) =>
  calmly(async () => {
    const publisher = await new Publisher(relay, 'attack').open();
    const before_ = memoryOf(relay.child.pid);
    const noise = [frame(Buffer.alloc(125), { opcode: OP.ping }),
                   frame(Buffer.alloc(125), { opcode: OP.pong })];
    for (let i = 0; i < 100; i++) {
      await publisher.ws.write(Buffer.concat(
        Array.from({ length: 50 }, () => noise).flat()));
      await sleep(5);
    }
    publisher.ws.cut();
    const drip = await new Publisher(relay, 'attack').open();
    const message = drip.partMessage({}, randomBytes(2000));
    for (let at = 0; at < message.length; at++)
      drip.ws.send(message.subarray(at, at + 1), {
        opcode: at ? 0 : OP.binary, fin: at + 1 === message.length });
    // Its init never came: there is an error, and nobody listens to the rest.
    await relay.child.line(/attack: part .* needs init/);
    await Promise.race([drip.ws.ended, sleep(3000 * SLOW)]);
    assert.ok(drip.ws.closed);
    const kB = memoryOf(relay.child.pid) - before_;
    t.diagnostic(`${kB} kB more`);
    if (!SANITIZED)
      assert.ok(kB < 10000, `${kB} kB`);
  }));

/* Sends `n` messages that say next to nothing, as fast as they go. */
async function chatter(ws, n) {
  const status = frame(encode('status', { mode: 1 }));
  for (let i = 0; i < n && !ws.closed; i += 50) {
    await ws.write(Buffer.concat(Array.from({ length: 50 }, () => status)));
    await sleep(1);
  }
}

test('a flood of small messages ends at a limit, and others notice nothing',
     () => calmly(async () => {
  const before_ = await refusedOf(relay, 'messages');
  const publisher = await new Publisher(relay, 'attack').open();
  await chatter(publisher.ws, 3000); // of the 4000 that may come at once
  await publisher.publish(2);
  assert.equal(await refusedOf(relay, 'messages'), before_);
  await chatter(publisher.ws, 1e6);
  await publisher.ws.ended;
  await relay.child.line(/attack: more messages a second/);
  assert.equal(await refusedOf(relay, 'messages'), before_ + 1);
}));

test('small playlists that unpack to large ones end at the same limit',
     async (t) => {
  const before_ = await refusedOf(relay, 'messages');
  const publisher = await new Publisher(relay, 'many-0').open();
  await publisher.ws.send(publisher.initMessage());
  await publisher.ws.send(publisher.partMessage());
  // 2 kB that become 2 MB: 256 messages' worth.
  const bomb = frame(publisher.playlistMessage({}, '\n'.repeat(2e6)));
  let sent = 0;
  while (!publisher.ws.closed && sent < 1000) {
    await publisher.ws.write(bomb);
    sent++;
    await sleep(1);
  }
  await publisher.ws.ended;
  t.diagnostic(`${sent} were sent`);
  await relay.child.line(/many-0: more messages a second/);
  assert.equal(await refusedOf(relay, 'messages'), before_ + 1);
});

test('a device that reads nothing makes nothing grow', async (t) => {
  const publisher = await new Publisher(relay, 'attack').open();
  await publisher.ws.send(publisher.initMessage());
  publisher.ws.socket.pause();
  const part = frame(publisher.partMessage({}, Buffer.alloc(100)));
  const before_ = memoryOf(relay.child.pid);
  // Each is answered with an ack.
  for (let i = 0; i < 200; i++) {
    publisher.ws.socket.write(Buffer.concat(Array.from({ length: 50 },
                                                       () => part)));
    await sleep(5);
  }
  const kB = memoryOf(relay.child.pid) - before_;
  t.diagnostic(`${kB} kB more`);
  if (!SANITIZED)
    assert.ok(kB < 10000, `${kB} kB`);
  publisher.ws.cut();
});

test('many upgrades without a key are refused, one by one', () =>
  calmly(async () => {
    const before_ = await refusedOf(relay, 'key');
    const answers = await Promise.all(Array.from({ length: 200 }, (_, i) =>
      WsClient.open({ port: relay.port, path: '/v1/publish/attack',
                      protocol: 'oriel.1', key: `${i}`.padStart(43, 'A'),
                      timeout: 20000 * SLOW })));
    assert.ok(answers.every(({ status }) => status === 401));
    assert.ok(await refusedOf(relay, 'key') >= before_ + 200);
  }));

test('an upgrade that is none does not confuse it', async () => {
  const key = await relay.key('attack');
  const upgrade = (lines) => new Raw(relay.port,
    `GET /v1/publish/attack HTTP/1.1\r\nHost: x\r\n${
      lines.join('\r\n')}\r\nAuthorization: Bearer ${key}\r\n\r\n`);
  for (const lines of [
    ['Connection: Upgrade', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABk'],
    ['Connection: Upgrade', 'Upgrade: websocket',
     'Sec-WebSocket-Protocol: oriel.1'],
    ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 8',
     'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
     'Sec-WebSocket-Protocol: oriel.1'],
    ['Upgrade: websocket', 'Sec-WebSocket-Protocol: oriel.1'],
    ['Connection: Upgrade', 'Upgrade: raw'],
  ]) {
    const raw = upgrade(lines);
    await raw.answered(2000 * SLOW);
    assert.ok(!raw.statuses.includes(200), lines.join());
    raw.cut();
    // As the second request of a connection, too.
    const second = new Raw(relay.port,
                           'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
    assert.equal(await second.answered(), 200);
    second.write(`GET /healthz HTTP/1.1\r\nHost: x\r\n${
      lines.join('\r\n')}\r\n\r\n`);
    await Promise.race([second.ended, sleep(300)]);
    assert.ok(!second.statuses.includes(101), lines.join());
    second.cut();
  }
  assert.equal((await relay.state(NAME)).state, 'live');
});

test('more cameras than there may be are refused, none is lost', () =>
  calmly(async () => {
    const before_ = await refusedOf(relay, 'device');
    const others = [];
    for (const name of ['many-1', 'many-2', 'many-3'])
      others.push(await new Publisher(relay, name).open());
    assert.equal(await refusedOf(relay, 'device'), before_);
    const beyond = await WsClient.open({
      port: relay.port, path: '/v1/publish/many-4', protocol: 'oriel.1',
      key: await relay.key('many-4'),
    });
    await beyond.send(others[0].hello());
    const verdict = decode(await beyond.receive(3000 * SLOW));
    assert.deepEqual([verdict.name, verdict.code], ['error', ERROR.full]);
    assert.equal(await refusedOf(relay, 'device'), before_ + 1);
    for (const { ws } of others)
      ws.cut();
    beyond.cut();
  }));

/* Publishes segments of a part each: 'all', or 'less' when it was stopped. */
async function fill(publisher, size, most) {
  await publisher.ws.send(publisher.initMessage());
  for (let i = 0; i < most; i++) {
    await publisher.ws.send(publisher.partMessage(
      { part: 0 }, Buffer.alloc(size, i), { last: true }));
    await publisher.ws.send(publisher.playlistMessage({
      last_part: 0, hint_msn: publisher.msn + 1, hint_part: 0 }));
    publisher.msn++;
    for (;;) {
      const bytes = await publisher.ws.receive(3000 * SLOW);
      if (!bytes || decode(bytes).name === 'error')
        return 'less';
      if (decode(bytes).name === 'ack')
        break;
    }
  }
  return 'all';
}

test('memory filled to the brim by one camera is given back to others',
     async (t) => {
  const greedy = await new Publisher(relay, 'greedy').open();
  await calmly(async () => {
    // It may be cut off in the middle of what it sends; the log has it too.
    assert.notEqual(await fill(greedy, 900000, 60), 'all');
    await relay.child.line(/greedy: .*window shorter/);
    const metrics = await metricsOf(relay);
    assert.ok(metrics.get('oriel_stored_bytes') <= MAX_BYTES);
    // Another comes, and there is room for it although all was used up.
    const again = await new Publisher(relay, 'greedy').open();
    const modest = await new Publisher(relay, 'many-1').open();
    for (let i = 0; i < 10; i++)
      assert.equal(await fill(modest, 300000, 1), 'all');
    modest.ws.cut();
    again.ws.cut();
    const later = await metricsOf(relay);
    t.diagnostic(`${later.get(
      'oriel_camera_shed_segments_total{camera="greedy"}')} segments shed`);
    assert.ok(later.get('oriel_stored_bytes') <= MAX_BYTES);
  });
  greedy.ws.cut();
});
