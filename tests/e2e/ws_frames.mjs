// SPDX-License-Identifier: MIT
/* What a WebSocket client sends (RFC 6455), read from the bytes of its TCP. */

export class FrameReader {
  constructor() {
    this.rest = Buffer.alloc(0);
    this.shaken = false; // the request for the upgrade is through
    this.message = [];
    this.frameBytes = 0; // heads and masks of frames
    this.pongs = []; // their payloads
  }

  /* Payloads of the messages that end in these bytes. */
  feed(bytes) {
    const messages = [];

    this.rest = Buffer.concat([this.rest, bytes]);
    if (!this.shaken) {
      const end = this.rest.indexOf('\r\n\r\n');
      if (end < 0)
        return messages;
      this.shaken = true;
      this.rest = this.rest.subarray(end + 4);
    }
    for (let used = this.#readFrame(messages); used > 0;
      used = this.#readFrame(messages))
      this.rest = this.rest.subarray(used);
    return messages;
  }

  /* One frame; returns its length, or 0 when it is not whole yet. */
  #readFrame(messages) {
    const { rest } = this;
    if (rest.length < 2)
      return 0;
    const short = rest[1] & 127;
    const head = 2 + (short === 127 ? 8 : short === 126 ? 2 : 0);
    if (rest.length < head + 4)
      return 0;
    const size = short === 127 ? Number(rest.readBigUInt64BE(2))
      : short === 126 ? rest.readUInt16BE(2) : short;
    if (rest.length < head + 4 + size)
      return 0;
    const mask = rest.subarray(head, head + 4);
    const payload = Buffer.from(rest.subarray(head + 4, head + 4 + size));
    for (let i = 0; i < payload.length; i++)
      payload[i] ^= mask[i & 3];
    this.frameBytes += head + 4;
    if ((rest[0] & 15) === 10)
      this.pongs.push(payload);
    if ((rest[0] & 15) <= 2) {
      this.message.push(payload);
      if (rest[0] & 0x80) {
        messages.push(Buffer.concat(this.message));
        this.message = [];
      }
    }
    return head + 4 + size;
  }
}
