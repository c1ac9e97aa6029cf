// SPDX-License-Identifier: MIT
/*
 * Devices that publish by POST and GET (docs/http.md): a session is what a
 * WebSocket is for others, with the same limits.
 */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { finishAll, Relay, SLOW } from './oriel.mjs';
import { Poster } from './posting.mjs';
import { Publisher } from './publisher.mjs';
import { encode, ERROR } from './wire.mjs';

let relay;
const posters = [];

before(async () => { relay = await Relay.start(); });

after(async () => {
  for (const poster of posters)
    poster.close();
  relay.allowed.push(/publish/); // whatever was refused is said once
  await finishAll(relay);
});

function make(camera, options) {
  const poster = new Poster(relay, camera, options);
  posters.push(poster);
  return poster;
}

const names = ({ messages }) => messages.map(({ name }) => name);

test('a request carries several messages, the answer what is said to them',
     async () => {
  const device = make('one');
  const first = await device.post(device.hello());
  assert.equal(first.status, 200);
  assert.deepEqual(names(first), ['welcome', 'demand']);

  const part = Buffer.alloc(300000, 'p'); // more than one piece of a body
  const answer = await device.post(device.initMessage(),
                                   device.partMessage({}, part),
                                   device.playlistMessage());
  assert.deepEqual(names(answer), ['ack']);
  const name = `${device.epoch.toString(16).padStart(8, '0')}-1000.0.m4s`;
  const viewer = relay.client('one');
  assert.ok((await viewer.get(name)).body.equals(part));
  assert.equal((await relay.state('one')).state, 'live');
  viewer.close();

  assert.deepEqual(names(await device.post(encode('bye', {},
    Buffer.from('enough')))), []);
  assert.equal((await device.post(device.hello())).messages[0].last_msn, 1000);
});

test('who listens hears at once that somebody watches', async () => {
  const device = make('two');
  await device.post(device.hello(), device.initMessage(),
                    device.partMessage(), device.playlistMessage());
  const viewer = relay.client('two');
  let heard = device.listen();
  await sleep(300);
  const start = performance.now();
  await viewer.get('index.m3u8');
  const answer = await heard;
  assert.deepEqual(names(answer), ['demand']);
  assert.ok(answer.messages[0].viewers > 0);
  assert.ok(performance.now() - start < 3000 * SLOW);
  viewer.close();
});

test('a session begins with a hello, and is not known by another name',
     async () => {
  const device = make('three');
  for (const message of [device.initMessage(), device.partMessage()]) {
    const { status, text } = await device.post(message);
    assert.equal(status, 410, text);
  }
  assert.equal((await device.listen()).status, 410);
  for (const session of ['demanding', '0123456789ABCDEF', '0123456789abcde'])
    assert.equal((await make('three', { session }).listen()).status, 404);
});

test('a key is needed, and the camera\'s own', async () => {
  const device = make('four');
  device.key = await relay.key('three');
  assert.equal((await device.post(device.hello())).status, 401);
  assert.equal((await device.listen()).status, 401);
});

test('what is wrong is said as a message, and ends the session', async () => {
  const device = make('five');
  await device.post(device.hello());
  const { messages } = await device.post(device.playlistMessage());
  assert.equal(messages[0].name, 'error');
  assert.equal(messages[0].code, ERROR.unknownPart);
  assert.equal((await device.post(device.initMessage())).status, 410);

  for (const bad of [device.initMessage().subarray(0, 20),
                     Buffer.concat([device.initMessage(), Buffer.alloc(3, 2)]),
                     Buffer.from('{"json": true}')]) {
    const other = make('five');
    await other.post(other.hello());
    const answer = await other.post(bad);
    assert.equal(answer.messages[0]?.code, ERROR.protocol, answer.text);
  }
});

test('another device takes over, and the one before hears of it', async () => {
  const device = make('six');
  await device.post(device.hello());
  const listening = device.listen();
  await sleep(100);
  const other = await new Publisher(relay, 'six').open();
  const { messages } = await listening;
  assert.equal(messages[0].name, 'error');
  assert.equal(messages[0].code, ERROR.replaced);
  const third = make('six');
  assert.deepEqual(names(await third.post(third.hello())).slice(0, 1),
                   ['welcome']);
  assert.equal((await other.verdict()).code, ERROR.replaced);
  other.ws.cut();
});

test('a body has a length, and a limit', async () => {
  const device = make('seven');
  await device.post(device.hello());
  const chunked = await device.ask('POST', null,
                                   { 'Transfer-Encoding': 'chunked' });
  assert.equal(chunked.status, 411);
  const large = await device.ask('POST', null, { 'Content-Length': 10 << 20 })
    .catch((error) => error);
  assert.ok(large.status === 413 || large.code === 'ECONNRESET', large);
  assert.equal((await device.ask('PUT', Buffer.from('x'))).status, 400);
  assert.equal((await device.post(device.initMessage())).status, 200);
});

test('a body that breaks off leaves the session as it was', async () => {
  const device = make('eight');
  await device.post(device.hello(), device.initMessage());
  const message = device.partMessage();
  const socket = connect(relay.port, '127.0.0.1');
  socket.write(`POST ${new URL(device.url).pathname} HTTP/1.1\r\nHost: x\r\n` +
               `Authorization: Bearer ${device.key}\r\n` +
               `Content-Length: ${message.length}\r\n\r\n`);
  socket.write(message.subarray(0, 100));
  await sleep(200);
  // One at a time, while it lasts.
  assert.equal((await device.post(message)).status, 409);
  socket.destroy();
  for (let tries = 0; tries < 40; tries++) {
    const { status, messages } = await device.post(message);
    if (status === 409) {
      await sleep(50);
      continue;
    }
    assert.equal(messages[0].name, 'ack');
    return;
  }
  assert.fail('the session stays busy');
});

test('a session is over for all who listen to it, in whichever moment',
     async () => {
  const device = make('ten');
  await device.post(device.hello(), device.initMessage(),
                    device.partMessage(), device.playlistMessage());
  // Its bye is here, and the end of the request is not.
  const half = connect(relay.port, '127.0.0.1');
  half.on('error', () => {});
  half.write(`POST ${new URL(device.url).pathname} HTTP/1.1\r\nHost: x\r\n` +
             `Authorization: Bearer ${device.key}\r\n` +
             'Content-Length: 1000\r\n\r\n');
  half.write(encode('bye', {}, Buffer.from('enough')));
  const heard = [device.listen(), device.listen(), device.listen()];
  await sleep(300);
  const viewer = relay.client('ten');
  await viewer.get('index.m3u8'); // which each of them would be told
  const statuses = (await Promise.all(heard)).map(({ status }) => status);
  assert.deepEqual(statuses.sort(), [200, 410, 410]);
  assert.equal((await device.listen()).status, 410);
  assert.equal((await viewer.get('state.json')).status, 200);
  viewer.close();
  half.destroy();
});

test('sessions that are forgotten make room for new ones', async () => {
  const key = await relay.key('nine');
  for (let i = 0; i < 20; i++) {
    const device = make('nine', { key, process: 7n });
    assert.equal((await device.post(device.hello())).status, 200);
  }
  const { body } = await relay.client('x').get('/metrics');
  const count = Number(/oriel_publishers (\d+)/.exec(body)?.[1] ?? -1);
  assert.ok(count > 0 && count < 16, `${count} publishers`);
});

test('a relay that stops says so to who listens', async () => {
  const other = await Relay.start();
  const device = new Poster(other, 'ten');
  await device.post(device.hello());
  const listening = device.listen();
  await sleep(200);
  await other.finish();
  assert.deepEqual(names(await listening), ['drain']);
  device.close();
});
