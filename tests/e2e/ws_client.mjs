// SPDX-License-Identifier: MIT
/*
 * A WebSocket client (RFC 6455) over node:net that also does what no library
 * would: other subprotocols, frames that lie, connections cut in the middle.
 */
import { createHash, randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
export const OP = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

/* One masked frame; `size` overrides the length that it claims. */
export function frame(payload, { opcode = OP.binary, fin = true,
                                 masked = true, size } = {}) {
  const claimed = size ?? payload.length;
  const mask = masked ? randomBytes(4) : Buffer.alloc(0);
  const wide = claimed > 65535 ? 8 : claimed > 125 ? 2 : 0;
  const head = Buffer.alloc(2 + wide);
  const body = Buffer.from(payload);

  head[0] = (fin ? 0x80 : 0) | opcode;
  head[1] = (masked ? 0x80 : 0) | (wide === 8 ? 127 : wide ? 126 : claimed);
  if (wide === 8)
    head.writeBigUInt64BE(BigInt(claimed), 2);
  else if (wide)
    head.writeUInt16BE(claimed, 2);
  if (masked)
    for (let i = 0; i < body.length; i++)
      body[i] ^= mask[i & 3];
  return Buffer.concat([head, mask, body]);
}

export class WsClient {
  /*
   * Resolves once the server has answered; `status` is 101 when it agreed to
   * speak WebSocket, else `answer` holds what it said.
   */
  static async open({ port, host = '127.0.0.1', path, key, protocol,
                      headers = {}, timeout = 5000, from }) {
    const client = new WsClient();
    const nonce = randomBytes(16).toString('base64');
    const lines = [`GET ${path} HTTP/1.1`, `Host: ${host}:${port}`,
      'Connection: Upgrade', 'Upgrade: websocket',
      'Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${nonce}`];

    if (protocol !== undefined)
      lines.push(`Sec-WebSocket-Protocol: ${protocol}`);
    if (key !== undefined)
      lines.push(`Authorization: Bearer ${key}`);
    for (const [name, value] of Object.entries(headers))
      lines.push(`${name}: ${value}`);
    client.messages = []; // payloads, in order
    client.pongs = []; // likewise
    client.closed = null; // { code } or { code: null } without a handshake
    client.wake = () => {};
    client.rest = Buffer.alloc(0);
    client.socket = connect({ port, host, localAddress: from });
    client.socket.setNoDelay(true);
    client.socket.on('error', () => {});
    client.ended = new Promise((resolve) => {
      client.socket.on('close', () => {
        client.closed ??= { code: null };
        client.wake();
        resolve(client.closed);
      });
    });
    client.socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    await client.#readAnswer(timeout);
    if (client.status === 101) {
      const accept = createHash('sha1').update(nonce + GUID).digest('base64');
      if (!client.answer.includes(accept))
        throw new Error('wrong Sec-WebSocket-Accept');
      client.socket.on('data', (bytes) => client.#read(bytes));
      client.#read(Buffer.alloc(0));
    }
    return client;
  }

  async #readAnswer(timeout) {
    const until = performance.now() + timeout;
    const take = (bytes) => {
      this.rest = Buffer.concat([this.rest, bytes]);
      this.wake();
    };
    this.socket.on('data', take);
    while (!this.rest.includes('\r\n\r\n') && !this.closed) {
      if (performance.now() > until)
        throw new Error('no answer to the WebSocket handshake');
      await this.#pause(until - performance.now());
    }
    this.socket.off('data', take);
    const end = this.rest.indexOf('\r\n\r\n');
    this.answer = this.rest.toString('latin1', 0, end < 0 ? undefined : end);
    this.status = Number(/^HTTP\/1\.1 (\d+)/.exec(this.answer)?.[1]);
    if (this.status === 101) {
      this.rest = this.rest.subarray(end + 4);
      return;
    }
    this.socket.on('data', take);
    await Promise.race([this.ended, sleep(200)]);
    this.answer = this.rest.toString('latin1');
    this.socket.destroy();
  }

  /* Until something happens, or `ms` have passed. */
  async #pause(ms) {
    const stop = new AbortController();
    await Promise.race([
      new Promise((resolve) => { this.wake = resolve; }),
      sleep(Math.max(ms, 0), null, { signal: stop.signal }).catch(() => {}),
    ]);
    stop.abort();
  }

  #read(bytes) {
    this.rest = Buffer.concat([this.rest, bytes]);
    for (;;) {
      if (this.rest.length < 2)
        break;
      const short = this.rest[1] & 127;
      const head = 2 + (short === 127 ? 8 : short === 126 ? 2 : 0);
      if (this.rest.length < head)
        break;
      const size = short === 127 ? Number(this.rest.readBigUInt64BE(2))
        : short === 126 ? this.rest.readUInt16BE(2) : short;
      if (this.rest.length < head + size)
        break;
      this.#take(this.rest[0] & 15, this.rest.subarray(head, head + size));
      this.rest = this.rest.subarray(head + size);
    }
    this.wake();
  }

  #take(opcode, payload) {
    if (opcode === OP.close) {
      this.closed = { code: payload.length >= 2 ? payload.readUInt16BE(0)
        : 1005 };
      this.socket.end();
    } else if (opcode === OP.ping) {
      this.socket.write(frame(payload, { opcode: OP.pong }));
    } else if (opcode === OP.binary || opcode === OP.text) {
      this.messages.push(Buffer.from(payload));
    } else if (opcode === OP.pong) {
      this.pongs.push(Buffer.from(payload));
    }
  }

  send(payload, options) {
    return this.write(frame(payload, options));
  }

  /* Raw bytes; resolves when they have left this process. */
  write(bytes) {
    return new Promise((resolve) => {
      this.socket.write(bytes, () => resolve());
    });
  }

  /* The next message, or null: closed, or nothing in `timeout` ms. */
  async receive(timeout = 3000) {
    const until = performance.now() + timeout;
    while (this.messages.length === 0 && !this.closed &&
           performance.now() < until)
      await this.#pause(until - performance.now());
    return this.messages.shift() ?? null;
  }

  /* Cut off, without a word. */
  cut() {
    this.socket.destroy();
  }

  async close() {
    if (!this.closed)
      await this.send(Buffer.from([3, 232]), { opcode: OP.close });
    this.socket.end();
    await Promise.race([this.ended, sleep(500)]);
    this.socket.destroy();
  }
}
