// SPDX-License-Identifier: MIT
/*
 * How far the relay's clock is from the browser's, from what the relay says
 * when it is asked. Each answer gives two bounds: the relay looked at its
 * clock after the question was sent and before the answer was here. A browser
 * whose clock lies within the bounds is believed. Pure; milliseconds.
 */
const MAX_AGE = 600000; // clocks drift apart

export class RelayClock {
  constructor() {
    this.forget();
  }

  forget() {
    this.low = -Infinity;
    this.high = Infinity;
    this.since = null;
  }

  /*
   * `relay` is what its clock said, rounded down to a millisecond; `sent` and
   * `received` are Date.now().
   */
  sample(sent, received, relay) {
    const low = relay - received;
    const high = relay + 1 - sent;
    const apart = low > this.high || high < this.low;

    if (!Number.isFinite(relay) || received < sent)
      return;
    // One of the clocks was set, or too much time has passed: begin anew.
    if (apart || (this.since !== null && received - this.since > MAX_AGE))
      this.forget();
    this.since ??= received;
    this.low = Math.max(this.low, low);
    this.high = Math.min(this.high, high);
  }

  /* What to add to Date.now() to have the relay's time. */
  get offset() {
    if (this.low <= 0 && this.high >= 0)
      return 0;
    return (this.low + this.high) / 2;
  }
}
