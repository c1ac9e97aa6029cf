// SPDX-License-Identifier: MIT
/* A camera, its relay and the lines to them, for one row of measurements. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';

import { Authority } from '../e2e/certificate.mjs';
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
  /*
   * `line`: { delay (ms, each way), rate (bit/s) } of both links, or null.
   * `relay`: as Relay takes it; a closed one is viewed through a link.
   * `tls`: it has a certificate.
   */
  static async open({ args = [], line = null, relay = {}, tls = false }) {
    const setup = new Setup();
    const folder = newFolder();

    setup.lines = [];
    setup.traces = ['camera', 'relay'].map((who) => join(folder, who));
    const authority = tls && new Authority();
    setup.relay = await Relay.start({
      ...relay, tls: tls && authority.issue('relay'), args: ['--trace', setup.traces[1], ...relay.args ?? []] });
    setup.path = relay.open === false
      ? `/${NAME}/${await setup.relay.link(NAME)}/` : `/${NAME}/`;
    setup.url = `${setup.relay.scheme}://127.0.0.1:${await setup.port(line)}${setup.path}`;
    // The camera's way to the relay may be another one than ours.
    const seen = Object.create(setup.relay, {
      port: { value: await setup.port(line) },
    });
    setup.camera = new Camera(seen, {
      name: NAME, scheme: tls ? 'wss' : 'ws',
      args: ['--source', 'testcard', '--trace', setup.traces[0], ...args,
             ...(tls ? ['--ca-file', authority.file] : [])],
    });
    await setup.camera.begin();
    await setup.live();
    await sleep(SETTLE);
    return setup;
  }

  async live() {
    const client = this.relay.client('');

    for (let state = ''; state !== 'live';) {
      await sleep(50);
      const { body } = await client.get(`${this.path}state.json`);

      ({ state } = JSON.parse(body));
      if (this.camera.child.how)
        throw new Error(this.camera.child.lines.join('\n'));
    }
    client.close();
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
