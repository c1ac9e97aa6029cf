// SPDX-License-Identifier: MIT
/*
 * A front: one address that stays while what is behind it changes, as a load
 * balancer or a home router is. It passes on bytes, and can do what networks
 * do: cut, refuse, or keep connections open and pass on nothing. It reads
 * what cameras send.
 */
import { connect, createServer } from 'node:net';

import { FrameReader } from './ws_frames.mjs';
import { decode } from './wire.mjs';

const PUBLISH = /^GET \S*\/v1\/publish\//;

export class Front {
  constructor(port) {
    this.behind = port; // where new connections lead to; 0: nowhere
    this.swallows = false; // accepts, and passes on nothing
    this.connections = new Set();
    this.opened = 0; // by cameras
    this.parts = []; // { key, at, connection } of each part they sent
    this.server = createServer((near) => this.#take(near));
  }

  static async open(port) {
    const front = new Front(port);
    await new Promise((done) => { front.server.listen(0, '127.0.0.1', done); });
    front.port = front.server.address().port;
    return front;
  }

  /* The relay as a camera or a viewer finds it through this front. */
  relay(relay) {
    return Object.assign(Object.create(relay), { port: this.port });
  }

  #take(near) {
    if (!this.behind) {
      near.destroy();
      return;
    }
    const far = connect(this.behind, '127.0.0.1');
    const connection = { near, far, number: 0, swallows: this.swallows };
    let reader = null;
    near.setNoDelay(true);
    far.setNoDelay(true);
    this.connections.add(connection);
    near.on('data', (bytes) => {
      if (connection.swallows)
        return;
      if (!reader && PUBLISH.test(bytes.toString('latin1', 0, 200))) {
        reader = new FrameReader();
        connection.number = ++this.opened;
      }
      if (reader)
        this.#note(reader.feed(bytes), connection);
      far.write(bytes);
    });
    far.on('data', (bytes) => {
      if (!connection.swallows)
        near.write(bytes);
    });
    for (const [a, b] of [[near, far], [far, near]]) {
      a.on('error', () => {});
      a.on('end', () => connection.swallows || b.end());
      a.on('close', () => {
        this.connections.delete(connection);
        b.destroy();
      });
    }
  }

  #note(messages, connection) {
    for (const message of messages.map(decode))
      if (message.name === 'part')
        this.parts.push({
          key: `${message.epoch}/${message.msn}/${message.part}`,
          msn: message.msn, part: message.part,
          connection: connection.number,
        });
  }

  /* What is open stays so, and nothing gets through any more; or new ones. */
  swallow(yes = true) {
    this.swallows = yes;
    if (yes)
      for (const connection of this.connections)
        connection.swallows = true;
  }

  /* Connections of cameras that are open now. */
  get cameras() {
    return [...this.connections].filter(({ number }) => number).length;
  }

  close() {
    this.server.close();
    for (const { near, far } of this.connections) {
      near.destroy();
      far.destroy();
    }
  }
}
