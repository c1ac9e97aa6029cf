// SPDX-License-Identifier: MIT
/*
 * What a screen reader is told of the state. On a poor line it changes back
 * and forth; who listens only hears of what has lasted for a moment, and never
 * the same twice in a row. Pure; milliseconds.
 */
const LASTS = 1500;

export class Spoken {
  text = '';
  #sentence = null;
  #since = 0;

  /* What is to be heard now that the line says `sentence`. */
  hear(now, sentence) {
    if (sentence !== this.#sentence) {
      this.#sentence = sentence;
      this.#since = now;
    } else if (now - this.#since >= LASTS) {
      this.text = sentence;
    }
    return this.text;
  }
}
