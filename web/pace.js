// SPDX-License-Identifier: MIT
/*
 * How fast to play so that the picture stays as near to the camera as the
 * network lets it: not less in the buffer than `margin` when the next part
 * comes, and not much more. Pure; seconds, and `now` in seconds too.
 *
 * What is measured is the slack: what was left to play in the moment before a
 * part was appended. The least slack of the last seconds is what the network
 * took at its worst; it is steered to the margin by playing a little faster or
 * slower, which nobody sees below a tenth. A stall was a margin too small: it
 * grows, and creeps back while all is well.
 */
const REMEMBER = 2; // seconds of slack
const DEAD_ZONE = 0.015;
const GAIN = 0.6; // of rate per second of error
const SLOWEST = 0.94;
const FASTEST = 1.1;
const JUMP = 0.8; // further behind than this is not played, but skipped
const STEADY_JUMP = 0.3; // where only skipping is left
const AFTER_STALL = 0.04;
const MOST_MARGIN = 0.6;
const CREEP = 0.004; // per second without a stall
const CALM = 5; // seconds after a stall before the margin creeps back

export class Pace {
  /*
   * The least margin, and the one to begin with: starting is a busy time.
   * `steady`: for browsers that stutter at any rate but 1.
   */
  constructor({ least = 0.1, first = 0.15, steady = false } = {}) {
    this.least = least;
    this.steady = steady;
    this.margin = first;
    this.samples = [];
    this.stalledAt = -Infinity;
    this.crept = null;
  }

  /* A part is about to be appended, with `slack` left to play. */
  sample(now, slack) {
    this.samples.push({ now, slack });
    while (this.samples[0].now < now - REMEMBER)
      this.samples.shift();
    if (this.crept !== null && now - this.stalledAt > CALM)
      this.margin = Math.max(this.least,
                             this.margin - CREEP * (now - this.crept));
    this.crept = now;
  }

  stalled(now) {
    this.margin = Math.min(MOST_MARGIN, this.margin + AFTER_STALL);
    this.stalledAt = now;
    this.samples = [];
  }

  /* What was measured says nothing about what comes now: it jumped. */
  forget() {
    this.samples = [];
  }

  /* Seconds that are more in the buffer than need be; NaN: not known. */
  get excess() {
    if (!this.samples.length)
      return NaN;
    return Math.min(...this.samples.map((s) => s.slack)) - this.margin;
  }

  /* { rate, jump }: how fast to play, and how far to skip first. */
  advice() {
    const excess = this.excess;

    if (Number.isNaN(excess))
      return { rate: 1, jump: 0 };
    if (excess > (this.steady ? STEADY_JUMP : JUMP))
      return { rate: 1, jump: excess };
    if (this.steady || Math.abs(excess) < DEAD_ZONE)
      return { rate: 1, jump: 0 };
    const rate = Math.max(SLOWEST, Math.min(FASTEST, 1 + GAIN * excess));
    return { rate: Math.round(rate * 100) / 100, jump: 0 };
  }
}
