// SPDX-License-Identifier: MIT
/*
 * Pauses between tries that grow and are never equal for two viewers: when a
 * relay comes back, they must not all knock at once. Pure.
 */
export class Backoff {
  /* Milliseconds; random() gives [0, 1). */
  constructor({ first, most, random = Math.random }) {
    this.first = first;
    this.most = most;
    this.random = random;
    this.tries = 0;
  }

  /* The next pause: its upper half is left to chance. */
  next() {
    const whole = Math.min(this.first * 2 ** this.tries, this.most);

    if (whole < this.most)
      this.tries++;
    return whole / 2 + (whole / 2) * this.random();
  }

  reset() {
    this.tries = 0;
  }
}
