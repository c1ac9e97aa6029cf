// SPDX-License-Identifier: MIT
/*
 * HTTP/2 as an attacker speaks it: frames made by hand over a TLS socket of
 * node's, so that everything can be wrong (RFC 9113, RFC 7541).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import tls from 'node:tls';

export const TYPE = { data: 0, headers: 1, priority: 2, reset: 3, settings: 4,
                      promise: 5, ping: 6, goaway: 7, window: 8,
                      continuation: 9 };
export const FLAG = { ack: 1, endStream: 1, endHeaders: 4, padded: 8,
                      priority: 32 };
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/* `length` is what the head says, if not the truth. */
export function frame(type, flags = 0, stream = 0, payload = '',
                      length = Buffer.from(payload).length) {
  const head = Buffer.alloc(9);

  head.writeUIntBE(length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream >>> 0, 5);
  return Buffer.concat([head, Buffer.from(payload)]);
}

export function u32(...numbers) {
  const bytes = Buffer.alloc(4 * numbers.length);

  numbers.forEach((number, i) => bytes.writeUInt32BE(number >>> 0, 4 * i));
  return bytes;
}

/* An integer with a prefix of `bits`, in a byte that begins with `high`. */
export function integer(bits, high, value) {
  const most = (1 << bits) - 1;
  const bytes = [high | Math.min(value, most)];

  if (value >= most) {
    let rest = value - most;

    for (; rest > 127; rest = Math.floor(rest / 128))
      bytes.push(0x80 | (rest & 127));
    bytes.push(rest);
  }
  return Buffer.from(bytes);
}

const text = (value) => {
  const bytes = Buffer.from(value, 'latin1');

  return Buffer.concat([integer(7, 0, bytes.length), bytes]);
};

/* A literal field: not indexed, or into the dynamic table. */
export const field = (name, value, high = 0) => Buffer.concat([
  Buffer.from([high]), text(name), text(value)]);
export const indexed = (index) => integer(7, 0x80, index);
export const INDEX = 0x40;

/* The fields of a request; `more` behind the pseudo-headers. */
export const request = (path, { method = 'GET', scheme = 'https',
                                authority = 'x', more = [] } = {}) =>
  Buffer.concat([field(':method', method), field(':scheme', scheme),
                 field(':path', path), field(':authority', authority),
                 ...more]);

/* HEADERS that are a whole request. */
export const ask = (stream, path, options, flags = FLAG.endStream |
                                                   FLAG.endHeaders) =>
  frame(TYPE.headers, flags, stream, request(path, options));

export const settings = (...pairs) => frame(TYPE.settings, 0, 0, Buffer.concat(
  pairs.map(([id, value]) => Buffer.concat([Buffer.from([0, id]),
                                            u32(value)]))));

/* A connection: the frames that came, and whether it has ended. */
export class H2 {
  constructor(port, { alpn = ['h2'], from } = {}) {
    this.frames = [];
    this.rest = Buffer.alloc(0);
    this.bytes = 0;
    this.closed = false;
    this.opened = false;
    this.socket = tls.connect({ port, host: '127.0.0.1', ALPNProtocols: alpn,
                                rejectUnauthorized: false, localAddress: from });
    this.socket.on('error', () => {});
    this.socket.on('data', (data) => this.#read(data));
    this.ended = new Promise((resolve) => {
      this.socket.on('close', () => { this.closed = true; resolve(); });
      this.socket.on('end', () => this.socket.destroy());
    });
    this.ready = new Promise((resolve) => {
      this.socket.on('secureConnect', () => { this.opened = true; resolve(); });
      this.socket.on('close', resolve);
    });
  }

  /* Past the preface. */
  static async open(port, { first = [settings()], ...options } = {}) {
    const h2 = new H2(port, options);

    await h2.ready;
    h2.write(PREFACE, ...first);
    return h2;
  }

  #read(data) {
    this.bytes += data.length;
    this.rest = Buffer.concat([this.rest, data]);
    while (this.rest.length >= 9) {
      const length = this.rest.readUIntBE(0, 3);

      if (this.rest.length < 9 + length)
        return;
      this.frames.push({
        type: this.rest[3], flags: this.rest[4],
        stream: this.rest.readUInt32BE(5) & 0x7fffffff,
        payload: Buffer.from(this.rest.subarray(9, 9 + length)) });
      this.rest = this.rest.subarray(9 + length);
    }
  }

  write(...parts) {
    if (!this.closed)
      this.socket.write(Buffer.concat(parts));
  }

  /* What has come of a stream, or of one type. */
  of(type, stream) {
    return this.frames.filter((f) => f.type === type &&
      (stream === undefined || f.stream === stream));
  }

  body(stream) {
    return Buffer.concat(this.of(TYPE.data, stream).map((f) => f.payload));
  }

  /* Whether `check` came true in `ms`, or before the end. */
  async until(check, ms = 20000) {
    const end = performance.now() + ms;

    while (!check() && !this.closed && performance.now() < end)
      await sleep(10);
    return Boolean(check());
  }

  answered(stream, ms) {
    return this.until(() => this.of(TYPE.headers, stream).length, ms);
  }

  /* True: it ended in `ms`. */
  async endsWithin(ms) {
    await Promise.race([this.ended, sleep(ms)]);
    return this.closed;
  }

  cut() {
    this.socket.destroy();
  }
}
