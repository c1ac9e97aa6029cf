// SPDX-License-Identifier: MIT
/*
 * TLS as an attacker speaks it: node's own handshake, whose bytes go over a
 * plain socket of ours that can keep, change, cut or drip them.
 */
import { Duplex } from 'node:stream';
import tls from 'node:tls';

export const RECORD = { change: 20, alert: 21, handshake: 22, data: 23 };

/* A record of TLS, as it is said to be. */
export function record(type, payload, length = Buffer.from(payload).length) {
  return Buffer.concat([Buffer.from([type, 3, 3, length >> 8, length & 255]),
                        Buffer.from(payload)]);
}

/* A message of the handshake (RFC 8446 4). */
export function message(type, body, length = body.length) {
  return Buffer.concat([Buffer.from([type, length >> 16, (length >> 8) & 255,
                                     length & 255]), body]);
}

/*
 * A handshake that goes over `raw` (a Raw of attacker.mjs): `change` is given
 * each flight and its number, and returns what to send instead.
 */
export function shake(raw, change = (bytes) => bytes, options = {}) {
  let flight = 0;
  const wire = new Duplex({
    read() {},
    write(bytes, encoding, done) {
      const sent = change(bytes, flight++);

      if (sent?.length && !raw.closed)
        raw.socket.write(sent);
      done();
    },
  });
  const socket = tls.connect({ socket: wire, rejectUnauthorized: false,
                               ...options });

  socket.on('error', () => {});
  raw.socket.on('data', (data) => wire.push(data));
  raw.socket.on('close', () => wire.push(null));
  return socket;
}

/* The first flight of a client. */
export function hello(options = {}) {
  return new Promise((resolve) => {
    const wire = new Duplex({
      read() {},
      write(bytes, encoding, done) { resolve(bytes); done(); },
    });

    tls.connect({ socket: wire, rejectUnauthorized: false, ...options })
      .on('error', () => {});
  });
}

/* Connects: { socket, error }. */
export function open(port, options = {}) {
  return new Promise((resolve) => {
    const socket = tls.connect({ port, host: '127.0.0.1',
                                 rejectUnauthorized: false, ...options });

    socket.once('secureConnect', () => resolve({ socket }));
    socket.once('error', (error) => resolve({ socket, error }));
    socket.once('close', () => resolve({ socket, error: new Error('closed') }));
    socket.on('error', () => {});
  }).catch((error) => ({ error })); // ciphers that are not even known here
}

/* What `bytes` are answered with, until the end or for `ms`. */
export function answerTo(socket, bytes, ms) {
  return new Promise((resolve) => {
    let got = '';
    const end = () => resolve(got);

    socket.on('data', (data) => { got += data.toString('latin1'); });
    socket.once('close', end);
    setTimeout(end, ms).unref();
    socket.write(bytes);
  });
}
