// SPDX-License-Identifier: MIT
/*
 * Writes H.264 into a program's standard input as rpicam-vid does: one access
 * unit at a time, as it comes from the encoder, a few milliseconds early or
 * late, and without a word about time.
 */
import { setTimeout as sleep } from 'node:timers/promises';

const JITTER = 3; // ms, both ways

export class PipeWriter {
  /* `random` gives [0, 1); `units` are repeated for ever. */
  constructor(stream, units, fps, random = Math.random) {
    this.stream = stream;
    this.units = units;
    this.fps = fps;
    this.random = random;
    this.written = []; // Unix ms at which each unit was handed over
    this.stopped = false;
  }

  async run() {
    const start = performance.now() + JITTER;
    for (let n = 0; !this.stopped; n++) {
      const due = start + (n * 1000) / this.fps +
        (this.random() * 2 - 1) * JITTER;
      await sleep(Math.max(0, due - performance.now()));
      if (this.stopped || this.stream.destroyed)
        break;
      this.written.push(performance.timeOrigin + performance.now());
      this.stream.write(this.units[n % this.units.length].bytes);
    }
  }

  stop() {
    this.stopped = true;
    this.stream.end();
  }
}
