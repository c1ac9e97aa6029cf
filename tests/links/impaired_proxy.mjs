// SPDX-License-Identifier: MIT
/*
 * Something between camera and relay that is no good: it stops passing bytes
 * on, resets connections, or forgets them without a word.
 */
import { connect, createServer } from 'node:net';

export class ImpairedProxy {
  static async open(port) {
    const proxy = new ImpairedProxy();

    proxy.pairs = new Set();
    proxy.stalled = false;
    proxy.server = createServer((near) => proxy.#pair(near, port));
    await new Promise((done) => { proxy.server.listen(0, '0.0.0.0', done); });
    proxy.port = proxy.server.address().port;
    return proxy;
  }

  #pair(near, port) {
    const far = connect(port, '127.0.0.1');
    const pair = { near, far };

    this.pairs.add(pair);
    for (const [a, b] of [[near, far], [far, near]]) {
      a.setNoDelay(true);
      a.on('data', (bytes) => {
        if (!pair.forgotten && !b.write(bytes))
          a.pause();
      });
      b.on('drain', () => { if (!this.stalled) a.resume(); });
      a.on('error', () => {});
      a.on('close', () => {
        this.pairs.delete(pair);
        if (!pair.forgotten)
          b.destroy();
      });
      if (this.stalled)
        a.pause();
    }
  }

  #each(run) {
    for (const { near, far } of this.pairs)
      for (const socket of [near, far])
        run(socket);
  }

  stall() {
    this.stalled = true;
    this.#each((socket) => socket.pause());
  }

  flow() {
    this.stalled = false;
    this.#each((socket) => socket.resume());
  }

  reset() {
    for (const { near } of this.pairs)
      near.resetAndDestroy();
  }

  /* The relay never hears that the camera's connections are no more. */
  forget() {
    for (const pair of this.pairs) {
      pair.forgotten = true;
      pair.near.resetAndDestroy();
    }
  }

  close() {
    this.#each((socket) => socket.destroy());
    for (const { far } of this.pairs)
      far.destroy();
    this.server.close();
  }
}
