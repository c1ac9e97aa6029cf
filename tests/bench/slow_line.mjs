// SPDX-License-Identifier: MIT
/*
 * A line with delay and a limited rate, between TCP connections of this
 * machine: netem is not in every kernel. Each direction of all connections
 * together has one such line. What comes is sent on DELAY ms after its last
 * bit has left at RATE bits per second; a new connection's first bytes also
 * wait for the handshake that they would have had. It loses nothing: this
 * models a good line, not Wi-Fi at its edge.
 *
 *   node slow_line.mjs PORT DELAY_MS BITS_PER_SECOND
 *
 * prints the port it listens on, of 127.0.0.1, as PORT is.
 */
import { connect, createServer } from 'node:net';

/* So much waits in the line's own buffer, then senders feel it. */
const MOST_WAITING = 256 * 1024;

/* When bytes that come at `now` have left a line of `rate`. Pure. */
export class Line {
  constructor(delay, rate) {
    this.delay = delay;
    this.rate = rate;
    this.freeAt = 0;
  }

  /* When `bytes` that come now arrive at the other end. */
  arrival(now, bytes) {
    this.freeAt = Math.max(now, this.freeAt) + (bytes * 8000) / this.rate;
    return this.freeAt + this.delay;
  }
}

/* setTimeout() is up to a millisecond late: one timer, looked at often. */
class Queue {
  constructor() {
    this.waiting = [];
    this.timer = null;
  }

  /* In the order of `at`, as one line gives them. */
  add(at, run) {
    this.waiting.push({ at, run });
    this.arm();
  }

  arm() {
    if (this.timer || !this.waiting.length)
      return;
    this.timer = setTimeout(() => {
      this.timer = null;
      while (this.waiting.length &&
             this.waiting[0].at <= performance.now() + 0.3)
        this.waiting.shift().run();
      this.arm();
    }, Math.max(0, this.waiting[0].at - performance.now()));
  }
}

function pipe(from, to, line, queue, openAt) {
  let waiting = 0;

  from.on('data', (bytes) => {
    const now = Math.max(performance.now(), openAt);

    waiting += bytes.length;
    if (waiting > MOST_WAITING)
      from.pause();
    queue.add(line.arrival(now, bytes.length), () => {
      waiting -= bytes.length;
      if (waiting <= MOST_WAITING)
        from.resume();
      to.write(bytes);
    });
  });
  from.on('end', () => queue.add(line.arrival(performance.now(), 0),
                                 () => to.end()));
  from.on('error', () => to.destroy());
}

function serve(port, delay, rate) {
  const up = new Line(delay, rate);
  const down = new Line(delay, rate);
  const queues = [new Queue(), new Queue()];
  const server = createServer({ noDelay: true, allowHalfOpen: true },
                              (client) => {
    const target = connect({ port, host: '127.0.0.1', noDelay: true,
                             allowHalfOpen: true });
    const openAt = performance.now() + 2 * delay;

    pipe(client, target, up, queues[0], openAt);
    pipe(target, client, down, queues[1], openAt);
  });

  server.listen(0, '127.0.0.1', () => {
    process.stdout.write(`${server.address().port}\n`);
  });
}

if (process.argv[1]?.endsWith('/slow_line.mjs'))
  serve(...process.argv.slice(2).map(Number));
