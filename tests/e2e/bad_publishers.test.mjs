// SPDX-License-Identifier: MIT
/*
 * Publishers that are not allowed, broken or hostile. Each is told why, and
 * nothing that the relay holds is lost, of this camera or of another.
 */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { Camera, finishAll, Relay, SLOW } from './oriel.mjs';
import { Publisher } from './publisher.mjs';
import { decode, encode, ERROR, FLAG } from './wire.mjs';
import { frame, OP, WsClient } from './ws_client.mjs';

const NAME = 'victim';
const MAX_BODY = { init: 64 << 10, part: 8 << 20, playlist: 256 << 10,
                   bye: 256 };
const process = 0x1122334455667788n; // of all who take over from each other
let relay;
let bystander; // a real camera on the same relay
let key;
let held; // what `NAME` has stored
let viewer;

before(async () => {
  relay = await Relay.start();
  bystander = await Camera.start(relay, { name: 'bystander' });
  await bystander.live();
  key = await relay.key(NAME);
  viewer = relay.client(NAME);
  const publisher = await new Publisher(relay, NAME, { process, key }).open();
  await publisher.publish(4);
  held = publisher;
});

after(async () => {
  held.ws.cut();
  viewer.close();
  // Whatever these publishers did is theirs; the relay says it once each.
  relay.allowed.push(/session|publish|victim/);
  await finishAll(bystander, relay);
});

/* The relay is well, and nothing is lost. */
afterEach(async () => {
  assert.equal(relay.child.how, undefined, relay.child.lines.join('\n'));
  for (const [name, bytes] of held.sent) {
    const { status, body } = await viewer.get(name);
    assert.equal(status, 200, `${name} is lost`);
    assert.ok(body.equals(bytes), `${name} has other bytes`);
  }
  assert.equal((await relay.state('bystander')).state, 'live');
});

const connect = (options) => WsClient.open({
  port: relay.port, path: `/v1/publish/${NAME}`, protocol: 'oriel.1', key,
  ...options,
});

/* A publisher that has said hello and goes on where `held` stopped. */
async function open() {
  const publisher = new Publisher(relay, NAME, { process, key });
  publisher.epoch = held.epoch;
  publisher.msn = held.msn;
  await publisher.open();
  publisher.part = held.part + 1;
  return publisher;
}

/* Sends one message after a hello; resolves to the error it earns. */
async function earn(make) {
  const publisher = await open();
  await publisher.ws.send(make(publisher));
  const verdict = await publisher.verdict();
  await Promise.race([publisher.ws.ended, sleep(1000)]);
  assert.ok(publisher.ws.closed, 'the connection stays open after ' +
            `${verdict?.name} ${verdict?.text}`);
  publisher.ws.cut();
  return verdict;
}

async function assertError(make, code, about) {
  const verdict = await earn(make);
  assert.equal(verdict?.name, 'error', `no error for ${about}`);
  assert.equal(verdict.code, code, `${about}: ${verdict.text}`);
  assert.match(verdict.text, /\w+ \w+/, about);
}

/* What the relay says next, but for how many watch. */
async function hear(ws, timeout) {
  for (;;) {
    const bytes = await ws.receive(timeout);
    const message = bytes && decode(bytes);

    if (message?.name !== 'demand')
      return message;
  }
}

test('a wrong key is 401 with a sentence', async () => {
  const other = await relay.key('other');
  const bad = [undefined, '', 'x', key.slice(0, -1), `${key}x`, other,
               key.toLowerCase(), 'k'.repeat(5000)];
  for (const wrong of bad) {
    const client = await connect({ key: wrong });
    assert.ok([401, 400, 431].includes(client.status), `${client.status}`);
    if (client.status === 401)
      assert.match(client.answer, /\r\n\r\n\w+ .*\w/s);
  }
  const basic = await connect({ key: undefined,
                                headers: { Authorization: `Basic ${key}` } });
  assert.equal(basic.status, 401);
});

test('a camera with a wrong key says so and stores nothing', async () => {
  const camera = await Camera.start(relay, {
    name: 'liar', env: { ORIEL_KEY: 'A'.repeat(43) },
  });
  await camera.child.line(/key/i, { timeout: 10000 * SLOW });
  assert.equal((await relay.state('liar')).state, 'waiting');
  await camera.child.stop();
  assert.deepEqual(camera.child.complaints([/^(error|warning) /]), []);
});

test('a subprotocol that is not ours is 400', async () => {
  for (const protocol of [undefined, 'oriel.2', 'oriel', 'oriel.10', 'chat',
                          'ORIEL.1']) {
    const client = await connect({ protocol });
    assert.equal(client.status, 400, protocol);
    assert.match(client.answer, /oriel\.1/);
  }
  const client = await connect({ protocol: 'oriel.2, oriel.1' });
  assert.equal(client.status, 101);
  client.cut();
});

test('only names of cameras can be published to', async () => {
  for (const path of ['/v1/publish/', '/v1/publish/UPPER', '/v1/publish/v1',
                      `/v1/publish/${'a'.repeat(33)}`, '/v1/publish/a/b',
                      '/v1/publish/../publish', '/publish/a', '/'])
    assert.notEqual((await connect({ path })).status, 101, path);
});

test('every truncation of every message is refused', async () => {
  const publisher = held;
  const messages = [publisher.hello(), publisher.initMessage(),
    publisher.partMessage({}, Buffer.alloc(20, 1)), publisher.playlistMessage(),
    encode('bye', {}, Buffer.from('good night'))];

  for (const [i, message] of messages.entries())
    for (let size = 0; size < message.length; size++) {
      const client = await connect();
      assert.equal(client.status, 101);
      if (i > 0) {
        await client.send(publisher.hello());
        assert.equal(decode(await client.receive()).name, 'welcome');
      }
      await client.send(message.subarray(0, size));
      const verdict = await hear(client, 3000 * SLOW);
      assert.ok(verdict, `message ${i} cut at ${size}: no answer`);
      assert.equal(verdict.name, 'error', `message ${i} cut at ${size}`);
      assert.equal(verdict.code, ERROR.protocol, `message ${i} cut at ${size}`);
      client.cut();
    }
});

test('a byte too many is refused, too', async () => {
  for (const make of [(p) => p.initMessage(), (p) => p.partMessage(),
                      (p) => p.playlistMessage()])
    await assertError((p) => Buffer.concat([make(p), Buffer.from([0])]),
                      ERROR.protocol, 'a byte too many');
});

test('connections cut in mid-message store nothing', async () => {
  const publisher = await open();
  const whole = frame(publisher.partMessage({}, Buffer.alloc(40000, 7)));
  const name = `${publisher.epoch.toString(16).padStart(8, '0')}-` +
    `${publisher.msn}.${publisher.part}.m4s`;
  publisher.ws.cut();
  for (const size of [1, 2, 7, 14, 20, 52, 60, 20000, whole.length - 1]) {
    const next = await open();
    await next.ws.write(whole.subarray(0, size));
    await sleep(20);
    next.ws.cut();
  }
  const { status } = await viewer.get(name, { timeout: 20000 });
  assert.notEqual(status, 200);
});

test('lengths beyond the limits are refused before the bytes come',
     async () => {
  for (const [name, most] of Object.entries(MAX_BODY)) {
    const size = encode(name).length - 8 + most + 1;
    await assertError(() => encode(name, {}, Buffer.alloc(0),
                                   { head: { size } }),
                      ERROR.tooLarge, `${name} of ${size} bytes`);
  }
  for (const size of [0xffffffff, 0x80000000, 0x7fffffff])
    await assertError((p) => {
      const message = p.partMessage();
      message.writeUInt32BE(size, 4);
      return message;
    }, ERROR.tooLarge, `a size of ${size}`);
});

test('numbers beyond the limits are refused', async () => {
  await assertError((p) => p.partMessage({ msn: 0x80000000 }), ERROR.tooLarge,
                    'msn');
  await assertError((p) => p.partMessage({ part: 1000 }), ERROR.tooLarge,
                    'part');
  for (const field of ['target_ms', 'part_target_ms'])
    await assertError((p) => p.playlistMessage({ [field]: 60001 }),
                      ERROR.tooLarge, field);
  await assertError((p) => p.playlistMessage({ gzip_size: 5 }),
                    ERROR.protocol, 'gzip_size');
  await assertError((p) => p.playlistMessage({ first_msn: 0x7fffffff }),
                    ERROR.protocol, 'first_msn');
});

test('types, flags and zeros that mean nothing yet are refused', async () => {
  for (const type of [0, 8, 63, 70, 255])
    await assertError(() => encode('bye', {}, Buffer.alloc(0),
                                   { head: { type } }),
                      ERROR.protocol, `type ${type}`);
  for (const name of ['welcome', 'ack', 'error', 'drain', 'demand',
                      'keyFrame'])
    await assertError(() => encode(name), ERROR.protocol, name);
  await assertError((p) => {
    const message = p.partMessage();
    message[1] |= 0x80;
    return message;
  }, ERROR.protocol, 'an unknown flag');
  await assertError(() => encode('bye', {}, Buffer.alloc(0),
                                 { head: { zero: 1 } }),
                    ERROR.protocol, 'zero');
});

test('a playlist that names a part never sent is refused', async () => {
  const before_ = await relay.state(NAME);
  await assertError((p) => p.playlistMessage({ last_part: p.part + 7,
                                               hint_part: p.part + 8 }),
                    ERROR.unknownPart, 'unknown part');
  await assertError((p) => p.playlistMessage({
    last_msn: p.msn + 1, last_part: 0, hint_msn: p.msn + 1, hint_part: 1,
  }), ERROR.unknownPart, 'unknown segment');
  const after_ = await relay.state(NAME);
  assert.deepEqual([after_.msn, after_.part], [before_.msn, before_.part]);
});

test('a playlist that is not gzip is refused', async () => {
  await assertError((p) => {
    const message = p.playlistMessage({ last_part: held.part,
                                        hint_part: held.part + 1 });
    message.fill(0x41, 48, 52); // behind head and fields
    return message;
  }, ERROR.protocol, 'not gzip');
});

test('parts come in order and after their init', async () => {
  await assertError((p) => p.partMessage({ epoch: 1 }),
                    ERROR.order, 'an msn used twice');
  await assertError((p) => p.partMessage({ init: 1 }), ERROR.order,
                    'unknown init');
  await assertError((p) => p.partMessage({ part: p.part + 5 }), ERROR.order,
                    'a part left out');
});

test('an init whose id is not made from its bytes is refused', async () => {
  await assertError(() => encode('init', { id: 1 }, Buffer.from('init')),
                    ERROR.protocol, 'wrong id');
});

test('nothing is taken before hello, and no second one', async () => {
  for (const message of [held.initMessage(), held.partMessage(),
                         held.playlistMessage(), encode('bye')]) {
    const client = await connect();
    await client.send(message);
    assert.equal(decode(await client.receive()).code, ERROR.order);
    client.cut();
  }
  await assertError((p) => p.hello(), ERROR.order, 'a second hello');
});

test('a part twice is one part', async () => {
  const publisher = await open();
  const [name, bytes] = [...held.sent].at(-1);
  await publisher.ws.send(publisher.partMessage({ part: held.part }, bytes));
  const ack = await hear(publisher.ws);
  assert.equal(ack.name, 'ack');
  assert.deepEqual([ack.msn, ack.part], [held.msn, held.part], name);
  publisher.ws.cut();
});

test('text messages, broken and giant frames end the connection', async () => {
  const giant = frame(Buffer.alloc(10), { size: 2 ** 40 });
  for (const bytes of [
    frame(Buffer.from('hello'), { opcode: OP.text }),
    frame(held.hello(), { opcode: 3 }),
    frame(Buffer.alloc(200), { opcode: OP.ping }),
    giant,
    Buffer.alloc(4096, 0xff),
  ]) {
    const client = await connect();
    await client.write(bytes);
    await Promise.race([client.ended, sleep(3000 * SLOW)]);
    const memory = client.closed || bytes === giant;
    assert.ok(memory, `still open after ${bytes.subarray(0, 8).toString('hex')}`);
    client.cut();
  }
});

test('a message in many frames is one message', async () => {
  const publisher = await open();
  const message = publisher.partMessage({ part: held.part },
                                        [...held.sent].at(-1)[1]);
  for (let at = 0; at < message.length; at += 7)
    await publisher.ws.send(message.subarray(at, at + 7), {
      opcode: at ? 0 : OP.binary, fin: at + 7 >= message.length,
    });
  assert.equal((await hear(publisher.ws))?.name, 'ack');
  publisher.ws.cut();
});

test('a pong that asks for the relay\'s clock is answered, and no other',
     async () => {
  const publisher = await open();
  const { ws } = publisher;
  publisher.part = held.part; // which the relay has: nothing changes
  const message = publisher.partMessage();
  const ask = (number) => ws.send(
    Buffer.concat([Buffer.from('Oclk'), Buffer.from([0, number])]),
    { opcode: OP.pong });

  for (const other of ['', 'O', 'Oclk', 'Oclk12345678', 'oclk12', 'x'])
    await ws.send(Buffer.from(other), { opcode: OP.pong });
  const before = BigInt(Date.now() - 1) * 1000n;
  await ask(1);
  while (ws.pongs.length < 1 && !ws.closed)
    await sleep(10);
  // ... also between two frames of a message
  await ws.send(message.subarray(0, 30), { fin: false });
  await ask(2);
  await ws.send(message.subarray(30), { opcode: 0 });
  assert.equal((await hear(ws)).name, 'ack');
  while (ws.pongs.length < 2 && !ws.closed)
    await sleep(10);
  const after_ = BigInt(Date.now() + 1) * 1000n;
  assert.deepEqual(ws.pongs.map((pong) => pong.toString('latin1', 0, 6)),
                   ['Oclk\0\x01', 'Oclk\0\x02']);
  for (const pong of ws.pongs) {
    const clock = pong.readBigInt64BE(6);
    assert.ok(clock >= before && clock <= after_, `${clock} µs`);
  }
  ws.cut();
});

test('the same process takes over without a word of complaint', async () => {
  const first = await open();
  const second = await open();
  assert.equal(second.welcome.flags & FLAG.holds, FLAG.holds);
  assert.deepEqual([second.welcome.last_msn, second.welcome.last_part],
                   [held.msn, held.part]);
  const verdict = await first.verdict(500);
  assert.notEqual(verdict?.name, 'error');
  first.ws.cut();
  await second.ws.send(second.partMessage({ part: held.part },
                                          [...held.sent].at(-1)[1]));
  assert.equal((await hear(second.ws))?.name, 'ack');
  second.ws.cut();
});

test('another process replaces, and the replaced one is told', async () => {
  const first = await open();
  const second = await new Publisher(relay, NAME, { process: 99n, key }).open();
  const verdict = await first.verdict();
  assert.equal(verdict.code, ERROR.replaced);
  assert.match(verdict.text, /\w+ \w+/);
  await Promise.race([first.ws.ended, sleep(1000)]);
  assert.ok(first.ws.closed);
  second.ws.cut();
});

test('a second camera of that name replaces the first, which then keeps away',
     async () => {
  const first = await Camera.start(relay, { name: 'twin' });
  await first.live();
  const second = await Camera.start(relay, { name: 'twin' });
  await first.child.line(/replaced|took .*over|another/i,
                         { timeout: 10000 * SLOW });
  await second.live();
  await sleep(8000);
  assert.equal((await relay.state('twin')).state, 'live');
  const told = second.child.lines.filter((l) => /replaced|another/i.test(l));
  assert.deepEqual(told, [], 'the first came back within eight seconds');
  await first.child.stop();
  await second.finish();
});
