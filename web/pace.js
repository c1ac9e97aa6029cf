// SPDX-License-Identifier: MIT
/*
 * How fast to play so that the picture stays as near to the camera as the
 * network lets it: not less in the buffer than `margin` when the next part
 * comes, and not much more. Pure; seconds, and `now` in seconds too.
 *
 * What is measured is the slack: what was left to play in the moment before a
 * part that was waited for is appended. The least slack of the last seconds is
 * what the network took at its worst; it is steered to the margin by playing a
 * little faster or slower, which nobody sees below a tenth. A stall was a
 * margin too small: it grows by what was missing, and creeps back while all is
 * well, the later the more often it had to grow. An outage that no margin could
 * have bridged says nothing about it.
 */
const REMEMBER = 2; // seconds of slack
const DEAD_ZONE = 0.015;
const GAIN = 0.6; // of rate per second of error
const SLOWEST = 0.94;
const FASTEST = 1.1;
const JUMP = 0.8; // further behind than this is not played, but skipped
const STEADY_JUMP = 0.3; // where only skipping is left
const FIRST_JUMP = 0.15; // while all is new anyway
const NEW = 3; // seconds
const WARM_UP = 0.6; // of those, when requests are not in their rhythm yet
const ENOUGH = 3; // samples to know what there is to skip
const AFTER_STALL = 0.03; // at least
const MOST_MARGIN = 0.6;
const OUTAGE = 0.6; // a longer stall
const CREEP = 0.002; // per second, and a part of what is too much
const CREEP_TIME = 10;
const CALM = 5; // seconds after a stall before the margin creeps back
const MOST_CALM = 120;

export class Pace {
  /*
   * The least margin, and the one to begin with: starting is a busy time.
   * `steady`: for browsers that stutter at any rate but 1.
   */
  constructor({ least = 0.14, first = 0.16, steady = false } = {}) {
    this.least = least;
    this.steady = steady;
    this.margin = first;
    this.samples = [];
    this.dryAt = null; // there is nothing to play, since
    this.fedAt = Infinity;
    this.grownAt = -Infinity;
    this.calm = CALM;
    this.crept = null;
    this.since = null; // the first sample
  }

  /* A part that was waited for is about to be appended, `slack` being left. */
  sample(now, slack) {
    this.since ??= now;
    if (this.crept - this.since < WARM_UP && now - this.since >= WARM_UP)
      this.forget();
    this.samples.push({ now, slack });
    while (this.samples[0].now < now - REMEMBER)
      this.samples.shift();
    this.#creep(now);
  }

  #creep(now) {
    if (this.crept !== null && now - this.grownAt > this.calm)
      this.margin = Math.max(this.least, this.margin - (now - this.crept) *
        (CREEP + (this.margin - this.least) / CREEP_TIME));
    this.crept = now;
  }

  /* Nothing is left to play. */
  stalled(now) {
    this.dryAt ??= now;
    this.forget();
  }

  /*
   * A part of so many seconds is about to be appended: were we waiting for it?
   * Who was stopped himself hears of the stall when it is over.
   */
  fed(now, part) {
    const missing = now - (this.dryAt ?? now);
    const outage = missing > OUTAGE || now - this.fedAt > OUTAGE + part;

    this.fedAt = now;
    if (this.dryAt === null)
      return false;
    this.dryAt = null;
    this.forget();
    if (outage)
      return true;
    this.margin = Math.min(MOST_MARGIN,
                           this.margin + Math.max(AFTER_STALL, missing));
    this.calm = now - this.grownAt < 2 * this.calm + CREEP_TIME
      ? Math.min(MOST_CALM, 2 * this.calm) : CALM;
    this.grownAt = now;
    return true;
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

  get #bearable() {
    const isNew = this.crept - this.since < NEW;

    if (isNew && this.samples.length >= ENOUGH)
      return FIRST_JUMP;
    return this.steady ? STEADY_JUMP : JUMP;
  }

  /* { rate, jump }: how fast to play, and how far to skip first. */
  advice() {
    const excess = this.excess;

    if (Number.isNaN(excess))
      return { rate: 1, jump: 0 };
    if (excess > this.#bearable)
      return { rate: 1, jump: excess };
    if (this.steady || Math.abs(excess) < DEAD_ZONE)
      return { rate: 1, jump: 0 };
    const rate = Math.max(SLOWEST, Math.min(FASTEST, 1 + GAIN * excess));
    return { rate: Math.round(rate * 100) / 100, jump: 0 };
  }
}
