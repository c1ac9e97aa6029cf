// SPDX-License-Identifier: MIT
/*
 * Notices that the machine slept: a timer that comes every moment came late,
 * or the wall clock went ahead of the one that stands still meanwhile. Pure;
 * milliseconds.
 */
const LATE = 5000;

export class Nap {
  constructor() {
    this.reset();
  }

  /* The next look is the first. */
  reset() {
    this.mono = null;
    this.wall = null;
  }

  /* Whether it slept since the last look. */
  look(mono, wall) {
    const slept = this.mono !== null &&
      (mono - this.mono > LATE || wall - this.wall > LATE);

    this.mono = mono;
    this.wall = wall;
    return slept;
  }
}

/*
 * When to stop downloading, because nobody has looked for a while; and that
 * is over at once when somebody does. Pure, likewise.
 */
const UNSEEN = 60000;

export class Rest {
  constructor() {
    this.since = null; // nobody looks
    this.resting = false;
  }

  /* 'rest' or 'wake' when that is to be done now, else null. */
  look(now, seen) {
    if (seen)
      this.since = null;
    else
      this.since ??= now;
    const resting = this.since !== null && now - this.since >= UNSEEN;
    const changed = resting !== this.resting;

    this.resting = resting;
    return changed ? (resting ? 'rest' : 'wake') : null;
  }
}
