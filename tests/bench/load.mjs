// SPDX-License-Identifier: MIT
/*
 * Many clients in one process, from as many addresses of 127.0.0.0/8 as are
 * wanted: what an attacker has, and a crowd of well-behaved people too.
 */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const GIVE_UP = 30000; // ms for an answer

export class Load {
  #next = 0;
  #begun = performance.now();

  /* `rate`: operations a second in all, 0: as fast as it can. */
  constructor({ port, rate = 0, addresses = 1, ...more }) {
    Object.assign(this, more); // names, keys, tokens
    this.port = port;
    this.rate = rate;
    this.addresses = addresses;
    this.operations = 0;
    this.statuses = {}; // of answers; 0: hung up on
    this.stopped = false;
  }

  /* Another one each time, until they are used up. */
  address() {
    const n = this.#next++ % this.addresses;

    return `127.${66 + (n >> 14)}.${(n >> 7) & 127}.${1 + (n & 127)}`;
  }

  /* Counts an operation, when it is its turn. */
  async turn() {
    const due = this.#begun + (this.rate ? this.operations * 1000 / this.rate
      : 0);

    this.operations++;
    if (due > performance.now() + 1)
      await sleep(due - performance.now());
  }

  /* So many at the same time, each one operation after another. */
  async run(lanes, operation) {
    this.#begun = performance.now();
    await Promise.all(Array.from({ length: lanes }, async (_, lane) => {
      while (!this.stopped) {
        await this.turn();
        if (this.stopped)
          return;
        await operation(lane);
      }
    }));
  }

  note(status) {
    this.statuses[status] = (this.statuses[status] ?? 0) + 1;
  }

  open(from = this.address()) {
    return new Caller(this, from);
  }

  /* A connection, one request, its answer. */
  async visit(bytes, patience = GIVE_UP) {
    const caller = this.open();

    await caller.ask(bytes, 1, patience);
    caller.cut();
  }
}

/* A connection. What is answered is counted and thrown away. */
export class Caller {
  constructor(load, from) {
    this.load = load;
    this.closed = false;
    this.wanted = 0;
    this.wake = () => {};
    this.rest = ''; // the end of what came, in which a status may begin
    this.socket = connect({ port: load.port, host: '127.0.0.1',
                            localAddress: from, noDelay: true });
    this.socket.on('data', (data) => this.#count(data));
    this.socket.on('error', () => {});
    this.ended = new Promise((resolve) => {
      this.socket.on('close', () => {
        this.closed = true;
        this.wake();
        resolve();
      });
    });
  }

  #count(data) {
    const text = this.rest + data.toString('latin1');
    let end = 0;

    for (const match of text.matchAll(/HTTP\/1\.1 (\d{3})/g)) {
      this.load.note(match[1]);
      this.wanted--;
      end = match.index + match[0].length;
    }
    this.rest = text.slice(Math.max(end, text.length - 11));
    if (this.wanted <= 0)
      this.wake();
  }

  write(bytes) {
    if (!this.closed)
      this.socket.write(bytes);
  }

  /* Until `answers` have begun to come, or it is closed. */
  async ask(bytes, answers = 1, patience = GIVE_UP) {
    this.wanted = answers;
    this.write(bytes);
    await this.until(new Promise((wake) => { this.wake = wake; }), patience);
    if (this.wanted > 0)
      this.load.note(0);
    return !this.closed;
  }

  /* Until `what`, its end, or nobody's patience lasts longer. */
  async until(what, ms = 2 * GIVE_UP) {
    const stop = new AbortController();

    await Promise.race([what, this.ended, sleep(ms, null, {
      signal: stop.signal }).catch(() => {})]);
    stop.abort();
  }

  /* With a reset, so that no port is kept by it. */
  cut() {
    this.socket.resetAndDestroy();
  }
}
