// SPDX-License-Identifier: MIT
/* A camera behind a line, its relay, and one who watches; and what is kept. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { newFolder } from '../e2e/child.mjs';
import { run } from '../e2e/fixtures.mjs';
import { percentile } from '../bench/figures.mjs';
import { Camera, Relay, finishAll } from '../e2e/oriel.mjs';
import { HERE, Network } from './network.mjs';
import { Viewer } from './viewer.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/* The long forms: `make test-links`. */
export const LONG = process.env.LINKS === 'long';

/* What a camera says when its line is bad: it should. */
const COMPLAINTS = [/travel in the clear/, /does not answer/, /trying again/i,
                    /(is|are) not sent/, /too slow/, /connection was lost/,
                    /as fast as it plays/];

/* Leaves and water: no encoder can make little of it. Decoded, as a camera's. */
export function busyVideo(folder) {
  const path = join(folder, 'busy.mkv');

  run('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-y', '-f', 'lavfi',
    '-i', 'testsrc2=size=640x360:rate=30:duration=10,noise=alls=30:allf=t',
    '-c:v', 'mjpeg', '-q:v', '5', '-pix_fmt', 'yuvj420p', path]);
  return path;
}

export class Stage {
  /*
   * `through`: what the camera connects to, for the relay's port; `scheme`:
   * http is by requests.
   */
  static async open({ rate, args = [], through = (port) => port,
                      scheme = 'ws' }) {
    const stage = new Stage();

    stage.folder = newFolder();
    stage.network = await Network.open(rate);
    stage.relay = await Relay.start({ host: '0.0.0.0' });
    stage.relay.allowed = [/nothing from the device/];
    const port = await through(stage.relay.port);
    const way = Object.create(stage.relay, { port: { value: port } });

    stage.camera = await Camera.start(way, {
      args: ['--log', 'debug', ...args], host: HERE,
      prefix: stage.network.prefix, scheme,
    });
    stage.camera.allowed = COMPLAINTS;
    await stage.camera.live();
    stage.viewer = new Viewer(stage.relay.client('cam')).start();
    return stage;
  }

  /* What the encoder is asked for, as the camera said last: bit/s. */
  asked() {
    for (let i = this.camera.child.lines.length - 1; i >= 0; i--) {
      const match = /asking for (\d+) bit/.exec(this.camera.child.lines[i]);
      if (match)
        return Number(match[1]);
    }
    return NaN;
  }

  /* Memory of a program in KiB. */
  static rss(program) {
    const text = readFileSync(`/proc/${program.child.process.pid}/status`,
                              'utf8');

    return Number(/VmRSS:\s+(\d+)/.exec(text)[1]);
  }

  rss() {
    return { camera: Stage.rss(this.camera), relay: Stage.rss(this.relay) };
  }

  /* What the relay says of its memory, in KiB: { stored, replies, resident }. */
  async memory() {
    const client = this.relay.client('cam');

    try {
      const { body } = await client.get('/metrics');

      return Object.fromEntries(
        [...`${body}`.matchAll(/oriel_memory_bytes\{kind="(\w+)"\} (\d+)/g)]
          .map(([, kind, bytes]) => [kind, Math.round(bytes / 1024)]));
    } finally {
      client.close();
    }
  }

  /* LINKS_LOGS=FOLDER: what was said, to find out what happened. */
  #keepLogs() {
    const folder = process.env.LINKS_LOGS;

    for (const program of folder ? [this.camera, this.relay] : [])
      writeFileSync(join(folder, `${program.child.name}.log`),
                    `${program.child.lines.join('\n')}\n`);
  }

  async close() {
    await this.viewer.stop();
    this.network.setRate(0);
    try {
      await finishAll(this.camera, this.relay);
    } finally {
      this.#keepLogs();
      await this.network.close();
    }
    const [, twice, left] = /(\d+) parts were sent twice, (\d+) segments/
      .exec(this.camera.child.lines.join('\n')) ?? [];

    /* As the camera counted them. */
    this.counted = { sentTwice: Number(twice), leftOut: Number(left) };
  }
}

export const median = (list) => percentile(list, 0.5);

/* Kept under build/bench/, and printed. */
export function keep(name, figures) {
  const folder = join(ROOT, 'build/bench');

  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `links-${name}.json`),
                `${JSON.stringify(figures, null, 2)}\n`);
}
