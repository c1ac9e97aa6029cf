// SPDX-License-Identifier: MIT
/*
 * Pauses between tries that grow and are never equal for two viewers: when a
 * relay comes back, they must not all knock at once. Pure.
 */

/*
 * Milliseconds before the next of a few quick `tries`, the first of which is
 * about `first` after it failed; `seconds` are what the relay asked for, whole
 * ones, of which each viewer takes another part.
 */
export function retryPause({ tries, first, seconds = 0, random = Math.random }) {
  const soon = first * tries * (0.5 + random());

  // The first time it may have been an accident, and a picture is at stake.
  return tries > 1 && seconds > 0
    ? Math.max(soon, (seconds - random()) * 1000) : soon;
}

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
