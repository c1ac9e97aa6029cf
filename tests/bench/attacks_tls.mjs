// SPDX-License-Identifier: MIT
/*
 * Attacks on a relay that ends TLS itself, as attacks.mjs has the others:
 * handshakes, and HTTP/2 where it was asked for.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { ask, frame, H2, TYPE, u32 } from '../e2e/h2_frames.mjs';
import { hello, open } from '../e2e/tls_wire.mjs';

const MANY = 250;
const HOLD = 8000; // ms that a connection is kept for no good reason
const STREAMS = 20; // of those that a connection may have
const first = await hello();

const path = (load) => `/${load.name}/${load.token}/state.json`;

/* A connection over TLS, for `what`; null where there is none. */
async function shake(load, what = () => {}) {
  const { socket, error } = await open(load.port, {
    localAddress: load.address() });

  load.note(error ? 0 : 'tls');
  if (!error)
    await what(socket);
  socket?.destroy();
}

/* A request over TLS, and its answer. */
async function request(load, socket) {
  socket.write(`GET ${path(load)} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await Promise.race([once(socket, 'data'), sleep(HOLD)]).catch(() => {});
}

/* Over HTTP/2, on connections that stay while they may. */
function streaming(step) {
  return (load) => {
    const lanes = [];

    return async (lane) => {
      if (!lanes[lane] || lanes[lane].closed) {
        lanes[lane] = await H2.open(load.port, { from: load.address() });
        lanes[lane].stream = 1;
      }
      await step(load, lanes[lane]);
    };
  };
}

async function answer(load, h2, streams, ms) {
  await h2.until(() => h2.of(TYPE.headers).length >= streams, ms);
  load.note(h2.closed ? 0 : 'h2');
  h2.frames = [];
  h2.cut();
}

const over = (load, step) => async () => step(
  load, await H2.open(load.port, { from: load.address() }));

export const TLS_ATTACKS = {
  handshakes: {
    what: 'TLS handshakes as fast as they go, from 250 addresses',
    tls: true, lanes: 50, addresses: MANY,
    attack: (load) => () => shake(load),
    harmless: (load) => () => shake(load, (s) => request(load, s)),
  },
  unfinished: {
    what: '1000 TLS handshakes that are not finished',
    tls: true, lanes: 1000, addresses: MANY,
    attack: (load) => async () => {
      const socket = connect({ port: load.port, host: '127.0.0.1',
                               localAddress: load.address() });

      socket.on('error', () => {});
      socket.write(first);
      socket.resume();
      await Promise.race([once(socket, 'close'), sleep(HOLD)]).catch(() => {});
      socket.resetAndDestroy();
    },
    harmless: (load) => () => shake(load, async (socket) => {
      await request(load, socket);
      await Promise.race([once(socket, 'close'), sleep(HOLD)]).catch(() => {});
    }),
  },
  reset: {
    what: 'HTTP/2: rapid reset, from 250 addresses',
    tls: true, relay: ['--http2'], lanes: 16, addresses: MANY,
    attack: streaming(async (load, h2) => {
      for (let i = 0; i < STREAMS; i++, h2.stream += 2)
        h2.write(ask(h2.stream, path(load)),
                 frame(TYPE.reset, 0, h2.stream, u32(8)));
      load.operations += STREAMS - 1;
      await sleep(0);
    }),
    harmless: streaming(async (load, h2) => {
      for (let i = 0; i < STREAMS; i++, h2.stream += 2)
        h2.write(ask(h2.stream, path(load)));
      load.operations += STREAMS - 1;
      await h2.until(() => h2.of(TYPE.headers).length >= STREAMS, HOLD);
      h2.frames = [];
    }),
  },
  streams: {
    what: 'HTTP/2: 2000 streams that wait for a camera that is not there',
    tls: true, relay: ['--http2'], lanes: 100, addresses: MANY,
    attack: (load) => over(load, async (_, h2) => {
      for (let i = 0; i < STREAMS; i++)
        h2.write(ask(1 + 2 * i, `/${load.name}/${load.token}/index.m3u8`));
      await answer(load, h2, STREAMS, 2 * HOLD);
    }),
    harmless: (load) => over(load, async (_, h2) => {
      for (let i = 0; i < STREAMS; i++)
        h2.write(ask(1 + 2 * i, path(load)));
      await answer(load, h2, STREAMS + 1, HOLD);
    }),
  },
};
