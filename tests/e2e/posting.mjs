// SPDX-License-Identifier: MIT
/*
 * A publisher as in publisher.mjs that speaks by POST and GET instead of a
 * WebSocket (docs/http.md), one session each.
 */
import { randomBytes } from 'node:crypto';
import http from 'node:http';

import { request } from './http.mjs';
import { Publisher } from './publisher.mjs';
import { decode, TYPE } from './wire.mjs';

/* The messages in a body. */
export function messagesIn(bytes) {
  const list = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 8 + bytes.readUInt32BE(at + 4);
    list.push(decode(bytes.subarray(at, end)));
    at = end;
  }
  return list;
}

export { TYPE };

export class Poster extends Publisher {
  constructor(relay, camera, options = {}) {
    super(relay, camera, options);
    this.session = options.session ?? randomBytes(8).toString('hex');
    this.agent = new http.Agent({ keepAlive: true });
  }

  get url() {
    return `${this.relay.url}v1/publish/${this.camera}/${this.session}`;
  }

  /* { status, messages, text } */
  async ask(method, body, headers = {}) {
    this.key ??= await this.relay.key(this.camera);
    const answer = await request(this.agent, this.url, {
      method, body, timeout: 40000,
      headers: { Authorization: `Bearer ${this.key}`,
                 ...(body ? { 'Content-Length': body.length } : {}),
                 ...headers },
    });
    return { ...answer,
             messages: answer.status === 200 ? messagesIn(answer.body) : [],
             text: answer.body.toString() };
  }

  post(...messages) {
    return this.ask('POST', Buffer.concat(messages));
  }

  listen() {
    return this.ask('GET');
  }

  close() {
    this.agent.destroy();
  }
}
