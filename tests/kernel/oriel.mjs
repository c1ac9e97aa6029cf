// SPDX-License-Identifier: MIT
/* The two programs, running in the guest. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { Client } from '../e2e/http.mjs';
import { RELAY_PORT } from './guest.mjs';

const SECRET = 'kernel-test-secret-kernel-test-secret';

/* A program that goes on until it is told to stop. */
class Program {
  constructor(guest, name, command) {
    this.guest = guest;
    this.pidFile = `/tmp/${name}.pid`;
    const { id, ended } = guest.begin(
      `echo $$ >${this.pidFile}; exec ${command}`);
    this.path = join(guest.share, 'out', id);
    this.ended = ended.then((how) => {
      this.how = how;
      return how;
    });
  }

  /* All it has said until now. */
  get log() {
    try {
      return readFileSync(this.path, 'utf8');
    } catch {
      return '';
    }
  }

  async says(pattern, { timeout = 20000 } = {}) {
    const end = performance.now() + timeout;
    for (;;) {
      const match = pattern.exec(this.log);
      if (match)
        return match;
      assert.ok(!this.how && performance.now() < end,
                `it did not say ${pattern}:\n${this.log}`);
      await sleep(50);
    }
  }

  signal(name) {
    return this.guest.run(`kill -${name} $(cat ${this.pidFile})`);
  }

  /* SIGTERM; resolves to { code, output, ms }. */
  async stop() {
    const start = performance.now();
    if (!this.how)
      await this.signal('TERM');
    return { ...await this.ended, ms: performance.now() - start };
  }
}

export class Relay extends Program {
  constructor(guest) {
    super(guest, 'relay', `env ORIEL_SECRET=${SECRET} ` +
      `oriel-relay --open --listen 0.0.0.0:${RELAY_PORT}`);
  }

  static async start(guest) {
    const relay = new Relay(guest);
    await relay.says(/listening/);
    return relay;
  }
}

export class Camera extends Program {
  constructor(guest, name, args) {
    super(guest, name, `env ORIEL_KEY="$(ORIEL_SECRET=${SECRET} ` +
      `oriel-relay key ${name})" oriel-cam --camera ${name} ` +
      `--relay ws://127.0.0.1:${RELAY_PORT}/ ` +
      `--spool /dev/shm/${name} --log debug ${args}`);
    this.name = name;
  }

  async state() {
    const client = new Client(
      `http://127.0.0.1:${this.guest.port}/${this.name}/`);
    try {
      return JSON.parse((await client.get('state.json')).body);
    } finally {
      client.close();
    }
  }

  /* Until viewers can play it. */
  async live({ timeout = 30000 } = {}) {
    const end = performance.now() + timeout;
    while ((await this.state()).state !== 'live') {
      assert.ok(!this.how && performance.now() < end,
                `${this.name} is not live:\n${this.log}`);
      await sleep(100);
    }
  }
}
