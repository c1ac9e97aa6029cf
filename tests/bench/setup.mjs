// SPDX-License-Identifier: MIT
/* A camera, its relay and the lines to them, for one row of measurements. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';

import { Child, newFolder } from '../e2e/child.mjs';
import { Camera, Relay } from '../e2e/oriel.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const NAME = 'cam';
const SETTLE = 4000; // ms after the first playlist: the stream is warm

/* A slow line to a port of this machine: { port, close() }. */
async function openLine(port, { delay, rate }) {
  const child = new Child(process.execPath, [
    join(HERE, 'slow_line.mjs'), port, delay, rate].map(String));
  const [, own] = await child.line(/^(\d+)$/);

  return { port: Number(own), child };
}

export class Setup {
  /* `line`: { delay (ms, each way), rate (bit/s) } of both links, or null. */
  static async open({ args = [], line = null }) {
    const setup = new Setup();
    const folder = newFolder();

    setup.lines = [];
    setup.traces = ['camera', 'relay'].map((who) => join(folder, who));
    setup.relay = await Relay.start({ args: ['--trace', setup.traces[1]] });
    setup.url = `http://127.0.0.1:${await setup.port(line)}/${NAME}/`;
    // The camera's way to the relay may be another one than ours.
    const relay = Object.create(setup.relay, {
      port: { value: await setup.port(line) },
    });
    setup.camera = new Camera(relay, {
      name: NAME, args: ['--source', 'testcard', '--trace', setup.traces[0],
                         ...args],
    });
    await setup.camera.begin();
    await setup.camera.live();
    await sleep(SETTLE);
    return setup;
  }

  async port(line) {
    if (!line)
      return this.relay.port;
    const opened = await openLine(this.relay.port, line);

    this.lines.push(opened.child);
    return opened.port;
  }

  readTraces() {
    return this.traces.map((path) => readFileSync(path, 'utf8'));
  }

  async close() {
    await this.camera.child.stop();
    await this.relay.child.stop();
    for (const line of this.lines)
      await line.stop();
  }
}
