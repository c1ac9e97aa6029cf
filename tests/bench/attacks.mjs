// SPDX-License-Identifier: MIT
/*
 * Attacks on a relay, and beside each the same load without malice: as many
 * connections, requests or messages a second, which ask for what is meant to
 * be asked for. `addresses`: how many the attacker has. An operation is what
 * both sides are counted and paced by.
 */
import { randomBytes } from 'node:crypto';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';

import { Publisher } from '../e2e/publisher.mjs';
import { encode } from '../e2e/wire.mjs';
import { frame, OP } from '../e2e/ws_client.mjs';
import { TLS_ATTACKS } from './attacks_tls.mjs';

const MANY = 250;
const HOLD = 8000; // ms that a connection is kept for no good reason

const get = (path, more = '') =>
  `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
const state = (load) => get(`/${load.name}/${load.token}/state.json`);
const guess = (load) => get(`/${load.name}/${load.token.slice(0, 9)}${
  randomBytes(16).toString('hex').slice(0, 22)}/state.json`);
const bearer = (key) => `Authorization: Bearer ${key}\r\n`;
const basic = (user, password) => `Authorization: Basic ${
  Buffer.from(`${user}:${password}`).toString('base64')}\r\n`;

/* --- what harmless people do ---------------------------------------------- */

/* A page is opened: a connection, a request. */
const visit = (load) => () => load.visit(state(load));

/* The same, and the connection is kept for a while. */
const stay = (load) => async () => {
  const caller = load.open();

  if (await caller.ask(state(load)))
    await caller.until(sleep(HOLD));
  caller.cut();
};

/* Requests one behind the other, each lane on a connection that stays. */
function asking(make, together = 1) {
  return (load) => {
    const callers = [];

    return async (lane) => {
      if (!callers[lane] || callers[lane].closed)
        callers[lane] = load.open();
      const all = Array.from({ length: together }, () => make(load)).join('');

      load.operations += together - 1;
      await callers[lane].ask(all, together);
      load.operations -= Math.max(0, callers[lane].wanted); // hung up on
    };
  };
}

/* --- with a key ------------------------------------------------------------ */

/* The publisher of each lane, opened anew when it was hung up on. */
function publishing(step) {
  return (load) => {
    const relay = { port: load.port };
    const publishers = [];

    return async (lane) => {
      let publisher = publishers[lane];

      try {
        if (!publisher || publisher.ws.closed) {
          publisher = new Publisher(relay, load.name, {
            key: load.key, from: load.address() });
          publishers[lane] = publisher;
          await publisher.open();
          await publisher.ws.send(publisher.initMessage());
        }
        publisher.ws.messages.length = 0;
        await step(load, publisher);
        await turn(); // or nobody hears that it was closed
      } catch {
        load.note(0);
        publisher?.ws?.cut();
        publishers[lane] = null;
        await sleep(5);
      }
    };
  };
}

/* Paced as `count` operations. */
async function flood(load, publisher, one, count) {
  load.operations += count - 1;
  await publisher.ws.write(Buffer.concat(
    Array.from({ length: count }, () => one)));
}

/* A segment of one part, and the playlist that names it. */
async function sendSegment(publisher, size) {
  await publisher.ws.send(publisher.partMessage(
    { part: 0 }, Buffer.alloc(size), { last: true }));
  await publisher.ws.send(publisher.playlistMessage({
    first_msn: Math.max(1000, publisher.msn - 5), last_part: 0,
    hint_msn: publisher.msn + 1, hint_part: 0 }));
  publisher.msn++;
}

const ping = frame(Buffer.alloc(125), { opcode: OP.ping });
const status = frame(encode('status', { mode: 1 }));

/* Connects, says something, leaves. */
const device = (say, options) => (load) => async () => {
  try {
    const publisher = new Publisher({ port: load.port }, load.name, {
      key: load.key, from: load.address(), ...options });

    await publisher.open();
    await say(publisher);
    publisher.ws.cut();
  } catch {
    load.note(0);
  }
};

const LIES = [
  (p) => p.partMessage({ msn: 0x80000000 }),
  (p) => p.partMessage({ part: 0xffffffff }),
  (p) => p.partMessage({ duration_90k: 0 }),
  (p) => p.partMessage({ init: 77 }),
  (p) => p.partMessage().subarray(0, 20),
  (p) => p.playlistMessage({ gzip_size: 0xffffffff }),
  (p) => p.playlistMessage({ last_msn: 5000, hint_msn: 5000 }),
  () => encode('init', { id: 1 }, Buffer.from('init')),
  () => Buffer.from('GET / HTTP/1.1\r\n'),
];

/* --- by requests ----------------------------------------------------------- */

const post = (load, size, key) => Buffer.concat([
  Buffer.from(`POST /v1/publish/${load.name}/00000000000000ff HTTP/1.1\r\n` +
              `Host: x\r\nContent-Length: ${size}\r\n${bearer(key)}\r\n`),
  Buffer.alloc(size),
]);

const UPGRADE = 'Connection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: oriel.1\r\n' +
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n';

/* Some of them are not answered. */
const SHAPES = [
  'GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET /%2e%2e/%252e%252e/%c0%ae%c0%ae/x HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET /a/~%00/index.m3u8 HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET / HTTP/1.1\nHost: x\n\n',
  'GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n',
  'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 0\r\n' +
    'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /metrics HTTP/1.1\r\n\r\n',
  'GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET http://other/ HTTP/1.1\r\nHost: x\r\n\r\n',
  'CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
];
let shape = 0;

/* --- all of them ------------------------------------------------------------ */

export const ATTACKS = {
  slowloris: {
    what: '2000 connections whose first request drips',
    lanes: 2000, addresses: MANY, harmless: stay,
    attack: (load) => async () => {
      const caller = load.open();
      const timer = setInterval(() => caller.write('X-A: b\r\n'), 500);

      caller.write('GET / HTTP/1.1\r\nHost: x\r\n');
      await caller.ended;
      clearInterval(timer);
    },
  },
  idle: {
    what: '10000 connections that say nothing',
    lanes: 10000, addresses: MANY, harmless: stay,
    attack: (load) => async () => {
      const caller = load.open();

      await caller.until(sleep(60000), 60000);
      caller.cut();
      await sleep(1000);
    },
  },
  heads: {
    what: 'heads of 200 kB',
    lanes: 32, addresses: MANY, harmless: visit,
    attack: (load) => {
      const head = Buffer.from(`GET / HTTP/1.1\r\nHost: x\r\n${
        'X-A: b\r\n'.repeat(25000)}`);

      return async () => {
        const caller = load.open();

        caller.write(head);
        await caller.ended;
      };
    },
  },
  slowread: {
    what: 'viewers who ask for segments and read nothing',
    lanes: 1000, addresses: MANY,
    attack: (load) => async () => {
      const caller = load.open();

      caller.socket.pause();
      caller.write(get(load.segment).repeat(20));
      await caller.until(sleep(HOLD));
      caller.cut();
    },
    harmless: (load) => async () => {
      const caller = load.open();

      if (await caller.ask(get(load.segment).repeat(20), 20))
        await caller.until(sleep(HOLD));
      caller.cut();
    },
  },
  requests: {
    what: 'requests as fast as they go, from one address',
    lanes: 100, addresses: 1, crowd: MANY,
    attack: asking(state, 20), harmless: asking(state, 20),
  },
  crowd: {
    what: 'the same from 250 addresses',
    lanes: 250, addresses: MANY,
    attack: asking((load) => get(`/${load.name}/`), 5),
    harmless: asking(state, 5),
  },
  guesses: {
    what: 'wrong links and keys, from 250 addresses',
    lanes: 250, addresses: MANY,
    attack: asking((load) => (Math.random() < 0.5 ? guess(load)
      : get('/v1/cameras', bearer(randomBytes(32).toString('base64url'))))),
    harmless: asking(state),
  },
  passwords: {
    what: 'wrong passwords, from 250 addresses', login: true,
    lanes: 50, addresses: MANY,
    attack: asking((load) => get('/v1/cameras', basic(
      load.user, randomBytes(9).toString('base64')))),
    harmless: asking((load) => get('/v1/cameras', basic(
      load.user, load.password))),
  },
  shapes: {
    what: 'path tricks, smuggling, TLS and HTTP/2 to a plain port',
    lanes: 32, addresses: MANY, harmless: visit,
    attack: (load) => () => load.visit(SHAPES[shape++ % SHAPES.length], 30),
  },
  waiters: {
    what: 'who asks for what is to come, and leaves',
    lanes: 250, addresses: MANY, harmless: visit,
    attack: (load) => async () => {
      const caller = load.open();

      caller.write(get(`/nobody-${load.operations % 999}/${load.all
      }/index.m3u8`));
      await caller.until(sleep(20));
      caller.cut();
    },
  },
  holders: {
    what: '3000 requests that wait for a camera that is not there',
    lanes: 3000, addresses: MANY, harmless: stay,
    attack: (load) => async () => {
      const caller = load.open();

      await caller.ask(get(`/${load.name}/${load.token}/index.m3u8`));
      caller.cut();
    },
  },
  upgrades: {
    what: 'upgrades with wrong keys',
    lanes: 32, addresses: MANY, harmless: visit,
    attack: (load) => () => load.visit(get(
      `/v1/publish/${load.name}`, UPGRADE +
      bearer(randomBytes(32).toString('base64url')))),
  },
  pings: {
    what: 'a device that sends pings',
    lanes: 1, harmless: publishing((load, p) => flood(load, p, status, 200)),
    attack: publishing((load, p) => flood(load, p, ping, 200)),
  },
  messages: {
    what: 'a device that sends the same part again and again',
    lanes: 1, harmless: publishing((load, p) => flood(load, p, status, 200)),
    attack: publishing((load, p) => flood(
      load, p, frame(p.partMessage({}, Buffer.alloc(100))), 200)),
  },
  lies: {
    what: 'devices whose numbers, names and sizes lie',
    lanes: 8,
    attack: device((p) => p.ws.send(LIES[shape++ % LIES.length](p))),
    harmless: device((p) => p.ws.send(p.initMessage())),
  },
  stolen: {
    what: 'two devices with one key, in turn',
    lanes: 2,
    attack: device((p) => p.ws.send(p.initMessage())),
    harmless: device((p) => p.ws.send(p.initMessage()), { process: 1n }),
  },
  memory: {
    what: 'a camera that fills all memory',
    lanes: 1, relay: ['--max-bytes', '60M', '--max-camera-bytes', '60M'],
    attack: publishing((load, p) => sendSegmentKeeping(p)),
    harmless: publishing((load, p) => sendSegment(p, 900000)),
  },
  posts: {
    what: 'bodies of 9 MB, without a key',
    lanes: 16, addresses: MANY,
    attack: (load) => {
      const body = post(load, 9 << 20, 'wrong');

      return () => load.visit(body);
    },
    harmless: (load) => {
      const body = post(load, 9 << 20, load.key);

      return () => load.visit(body);
    },
  },
  ...TLS_ATTACKS,
};

/* As sendSegment(), but none ever leaves its playlist. */
async function sendSegmentKeeping(publisher) {
  await publisher.ws.send(publisher.partMessage(
    { part: 0 }, Buffer.alloc(900000), { last: true }));
  await publisher.ws.send(publisher.playlistMessage({
    last_part: 0, hint_msn: publisher.msn + 1, hint_part: 0 }));
  publisher.msn++;
}
