// SPDX-License-Identifier: MIT
/*
 * Something between camera and relay that is no good: it is far away, it stops
 * passing bytes on, resets connections, or forgets them without a word.
 */
import { connect, createServer } from 'node:net';

/*
 * One way of a connection: what goes in comes out so many milliseconds later,
 * in order, its end too; the first of it not before TCP's handshake, which
 * takes both ways, would have been over.
 */
class Distance {
  constructor(delay, put) {
    this.delay = delay;
    this.put = put; // null: the end
    this.ready = performance.now() + 2 * delay;
    this.waiting = [];
  }

  take(bytes) {
    const at = Math.max(performance.now(), this.ready) + this.delay;

    if (this.waiting.push({ at, bytes }) === 1)
      this.#wait();
  }

  #wait() {
    const left = this.waiting[0].at - performance.now();

    setTimeout(() => {
      while (this.waiting[0]?.at <= performance.now() + 0.5)
        this.put(this.waiting.shift().bytes);
      if (this.waiting.length)
        this.#wait();
    }, Math.max(left, 0));
  }
}

export class ImpairedProxy {
  /* `delay`: each way, in ms. */
  static async open(port, { delay = 0 } = {}) {
    const proxy = new ImpairedProxy();

    proxy.delay = delay;
    proxy.pairs = new Set();
    proxy.links = []; // { from, to }: ms; `to` undefined: still open
    proxy.stalled = false;
    proxy.server = createServer((near) => proxy.#pair(near, port));
    await new Promise((done) => { proxy.server.listen(0, '0.0.0.0', done); });
    proxy.port = proxy.server.address().port;
    return proxy;
  }

  #pair(near, port) {
    const far = connect(port, '127.0.0.1');
    const pair = { near, far };
    const link = { from: performance.now() };

    this.pairs.add(pair);
    this.links.push(link);
    for (const [a, b] of [[near, far], [far, near]]) {
      const put = (bytes) => {
        if (!bytes)
          b.destroySoon();
        else if (!pair.forgotten && !b.write(bytes))
          a.pause();
      };
      const way = this.delay ? new Distance(this.delay, put)
        : { take: put };

      a.setNoDelay(true);
      a.on('data', (bytes) => way.take(bytes));
      b.on('drain', () => { if (!this.stalled) a.resume(); });
      a.on('error', () => {});
      a.on('close', () => {
        this.pairs.delete(pair);
        link.to ??= performance.now();
        if (!pair.forgotten && this.delay)
          way.take(null);
        else if (!pair.forgotten)
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
