// SPDX-License-Identifier: MIT
/*
 * Writes H.264 into a pipe as rpicam-vid does: one access unit at a time, as
 * it comes from the encoder, a few milliseconds early or late, and without a
 * word about time. A process of its own, so that nothing a test does delays
 * it:  node pipe_writer.mjs FILE FPS SEED
 */
import { spawn } from 'node:child_process';
import { readFileSync, writeSync } from 'node:fs';
import { setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { accessUnits } from './h264.mjs';
import { seededRandom } from './random.mjs';

const JITTER = 3; // ms, both ways
const NICE = -10; // as the camera that it stands for
const FILE = fileURLToPath(import.meta.url);

/* All of it, whatever the pipe takes at once. */
async function writeAll(bytes) {
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(1, bytes, at);
    } catch (error) {
      if (error.code !== 'EAGAIN')
        throw error;
      await sleep(1);
    }
  }
}

async function main([path, fps, seed]) {
  const units = accessUnits(readFileSync(path));
  const random = seededRandom(Number(seed));
  const start = performance.now() + 100;

  process.on('disconnect', () => process.exit(0));
  for (let n = 0; ; n++) {
    const due = start + (n * 1000) / fps + (random() * 2 - 1) * JITTER;
    await sleep(Math.max(0, due - performance.now()));
    process.send(performance.timeOrigin + performance.now());
    await writeAll(units[n % units.length].bytes);
  }
}

export class PipeWriter {
  /* The file is repeated for ever. */
  constructor(path, fps, seed = 1) {
    this.written = []; // Unix ms at which each unit was handed over
    this.process = spawn(process.execPath, [FILE, path, fps, seed], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    try {
      setPriority(this.process.pid, NICE);
    } catch {
      // only where we may
    }
    this.process.on('message', (at) => this.written.push(at));
  }

  /* For the standard input of who reads it. */
  get output() {
    return this.process.stdout;
  }

  stop() {
    if (this.process.connected)
      this.process.disconnect();
  }
}

if (process.argv[1] === FILE)
  await main(process.argv.slice(2));
