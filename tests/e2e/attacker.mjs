// SPDX-License-Identifier: MIT
/*
 * What an attacker has: sockets, patience, and other people's addresses. A
 * viewer beside it notices nothing, and the relay's own counters tell what was
 * refused.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { Follower } from './follower.mjs';
import { Client } from './http.mjs';
import { SLOW } from './oriel.mjs';

/* ms; make attack measures what a player would notice. */
const STALL = 5000 * SLOW;

/* A raw connection: what came (`got`), and when it ended (`ended`, in ms). */
export class Raw {
  constructor(port, bytes = '') {
    const start = performance.now();

    this.got = '';
    this.closed = false;
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    this.socket.on('error', () => {});
    this.socket.on('data', (data) => { this.got += data.toString('latin1'); });
    this.ended = new Promise((resolve) => {
      const end = () => {
        this.closed = true;
        clearInterval(this.timer);
        resolve(performance.now() - start);
      };
      this.socket.on('end', () => { end(); this.socket.destroy(); });
      this.socket.on('close', end);
    });
    if (bytes)
      this.write(bytes);
  }

  write(bytes) {
    this.socket.write(Buffer.from(bytes, 'latin1'));
  }

  /* Writes `bytes` now and then, for ever. */
  drip(bytes, every = 200) {
    this.timer = setInterval(() => this.write(bytes), every);
    return this;
  }

  /* How long it lasted; fails when it outlives `limit` ms. */
  async endsWithin(limit, what) {
    const ms = await Promise.race([this.ended, sleep(limit).then(() => null)]);

    assert.notEqual(ms, null, `${what} is still open after ${limit} ms`);
    return ms;
  }

  /* Statuses of all answers that have come. */
  get statuses() {
    return [...this.got.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, s]) => +s);
  }

  async answered(timeout = 5000 * SLOW) {
    const end = performance.now() + timeout;

    while (!this.got.includes('\r\n\r\n') && !this.closed &&
           performance.now() < end)
      await sleep(10);
    return this.statuses[0];
  }

  cut() {
    clearInterval(this.timer);
    this.socket.destroy();
  }
}

/* The relay's metrics: name, with its labels, -> number. */
export async function metricsOf(relay) {
  const client = relay.client('');
  const { status, body } = await client.get('/', {
    path: '/metrics',
    headers: { Authorization: `Bearer ${await relay.key()}` },
  });

  client.close();
  assert.equal(status, 200);
  return new Map([...body.toString().matchAll(/^([a-z]\S*(?: ?\S*\})?) (\S+)$/gm)]
    .map(([, name, value]) => [name, Number(value)]));
}

export async function refusedOf(relay, reason) {
  return (await metricsOf(relay)).get(
    `oriel_refused_total{reason="${reason}"}`);
}

/*
 * What metricsOf() and refusedOf() take of a relay that speaks TLS: its metrics
 * are at an address of their own (METERED).
 */
export const METERED = ['--metrics-listen', '127.0.0.1:0'];
export async function metered(relay) {
  const [, url] = await relay.child.line(/metrics at (\S+)metrics/);

  return { key: () => '', client: () => new Client(url) };
}

/* A viewer of `camera` while `attack` runs, and a little longer. */
export async function unnoticed(relay, camera, attack, { slow = SLOW } = {}) {
  const client = relay.client(camera);
  let last = 0; // when a part came
  let longest = 0;
  const follower = new Follower(client, { slow, onPart: () => {
    const now = performance.now();
    longest = Math.max(longest, last && now - last);
    last = now;
  } });
  let over = false;
  const watching = (async () => {
    while (!over)
      await follower.run(1000);
  })();

  try {
    await attack();
  } finally {
    over = true;
    await watching;
    client.close();
  }
  assert.deepEqual(follower.problems, []);
  assert.equal(follower.unavailable, 0);
  assert.ok(follower.parts > 0);
  assert.ok(longest < STALL * slow / SLOW,
            `nothing came for ${Math.round(longest)} ms`);
}

/* kB of memory that a process has. */
export function memoryOf(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(
    readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
}
