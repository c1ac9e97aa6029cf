// SPDX-License-Identifier: MIT
/*
 * A device made of nothing: speaks oriel.1 to a relay and sends media that is
 * only bytes, which is all the relay wants to know. Everything can be got
 * wrong on purpose.
 */
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';

import { decode, encode, FLAG } from './wire.mjs';
import { WsClient } from './ws_client.mjs';

/* CRC-32 of ISO 3309; node 18 has none. */
export function crc32(bytes) {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++)
      crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

const hex = (number) => number.toString(16).padStart(8, '0');

export class Publisher {
  constructor(relay, camera, { process = randomBytes(8).readBigUInt64BE(),
                               key, from } = {}) {
    this.relay = relay;
    this.camera = camera;
    this.process = process;
    this.key = key;
    this.from = from; // an address of this machine, if not any
    this.init = Buffer.from('this is an init segment');
    this.initId = crc32(this.init);
    this.epoch = randomBytes(4).readUInt32BE();
    this.msn = 1000;
    this.part = 0;
    this.sent = new Map(); // name -> bytes that must be served
  }

  /* Up to the relay's welcome. */
  async open() {
    this.key ??= await this.relay.key(this.camera);
    this.ws = await WsClient.open({
      port: this.relay.port, path: `/v1/publish/${this.camera}`,
      protocol: 'oriel.1', key: this.key, from: this.from,
    });
    if (this.ws.status !== 101)
      throw new Error(this.ws.answer);
    await this.ws.send(this.hello());
    this.welcome = decode(await this.ws.receive());
    return this;
  }

  hello() {
    return encode('hello', { process: this.process,
                             clock_us: BigInt(Date.now()) * 1000n });
  }

  initMessage() {
    return encode('init', { id: this.initId }, this.init);
  }

  partMessage(values = {}, body = randomBytes(500), { last = false } = {}) {
    return encode('part', {
      epoch: this.epoch, msn: this.msn, part: this.part, init: this.initId,
      discontinuity: 0, duration_90k: 18000,
      start_us: BigInt(Date.now()) * 1000n, ...values,
    }, body, { flags: (this.part === 0 ? FLAG.independent : 0) |
                      (last ? FLAG.last : 0) });
  }

  /* `text` is anything: the relay does not read it. */
  playlistMessage(values = {}, text = '#EXTM3U\n') {
    const gzip = gzipSync(text);
    return encode('playlist', {
      first_msn: 1000, last_msn: this.msn, last_part: this.part,
      hint_epoch: this.epoch, hint_msn: this.msn, hint_part: this.part + 1,
      target_ms: 1000, part_target_ms: 210, gzip_size: gzip.length,
      delta_size: 0, ...values,
    }, gzip);
  }

  /* Sends an init, `count` parts of one segment, and a playlist. */
  async publish(count = 3) {
    await this.ws.send(this.initMessage());
    this.sent.set(`init-${hex(this.initId)}.mp4`, this.init);
    for (this.part = 0; this.part < count; this.part++) {
      const body = randomBytes(500);
      await this.ws.send(this.partMessage({}, body));
      this.sent.set(`${hex(this.epoch)}-${this.msn}.${this.part}.m4s`, body);
    }
    this.part--;
    await this.ws.send(this.playlistMessage());
    for (;;) {
      const bytes = await this.ws.receive();
      if (!bytes)
        throw new Error('no ack');
      const ack = decode(bytes);
      if (ack.name === 'error')
        throw new Error(ack.body.toString());
      if (ack.name === 'ack' && ack.part === this.part)
        return this;
    }
  }

  /* What the relay says last, before it closes: an error, as a rule. */
  async verdict(timeout = 3000) {
    let last = null;
    for (;;) {
      const bytes = await this.ws.receive(timeout);
      if (!bytes)
        return last;
      const message = decode(bytes);
      if (message.name === 'error')
        return { ...message, text: message.body.toString() };
      last = message;
    }
  }
}
