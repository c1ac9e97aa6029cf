// SPDX-License-Identifier: MIT
/*
 * What the relay says, and when it is asked: seldom while all is well, often
 * while it is not, and at first until its clock is known.
 */
import { Backoff } from './backoff.js';
import { askRelay } from './relay.js';

const CLOCK = 1000; // ms, until its clock is known well
const CLOCKS = 3;
const DETAILS = 2000; // viewers are being shown
const SELDOM = 30000;

const now = () => performance.now();

export class News {
  viewers = null;
  device = null; // what the camera says of itself
  #pause = new Backoff({ first: 500, most: 2000 });
  #dueAt = 0;
  #clocks = 0; // how often the relay told its own
  #alarmed = false;

  /*
   * Tells `watch` and `clock` what it hears, and onNews(answer of relay.js).
   * isDetailed(): whether someone looks at the figures.
   */
  constructor({ watch, clock, onNews, isDetailed }) {
    Object.assign(this, { watch, clock, onNews, isDetailed });
  }

  /* Asks at the next look, even when an answer is still to come. */
  hurry() {
    this.#dueAt = Math.min(this.#dueAt, now());
  }

  /* After the machine slept: nothing that was known is, and no answer comes. */
  startAnew() {
    this.clock.forget();
    this.#clocks = 0;
    this.#dueAt = 0;
  }

  /* The picture moves: the next trouble is a new one. */
  calm() {
    this.#pause.reset();
  }

  /* Call it every moment. */
  look() {
    const before = this.#alarmed;

    this.#alarmed = this.watch.wantsNews(now());
    // When all was well until now, the next news are not waited for.
    if (this.#alarmed && !before)
      this.hurry();
    if (!this.watch.paused && now() >= this.#dueAt)
      this.#ask();
  }

  async #ask() {
    this.#dueAt = Infinity;
    const news = await askRelay();

    if (news) {
      this.watch.heard(now(), news.camera);
      this.clock.sample(news.sent, news.received, news.clock);
      this.#clocks++;
      this.viewers = news.viewers;
      this.device = news.device;
      this.onNews(news);
    } else {
      this.watch.silent(now());
    }
    this.#dueAt = now() + this.#interval;
  }

  get #interval() {
    if (this.watch.wantsNews(now()))
      return this.#pause.next();
    if (this.#clocks < CLOCKS)
      return CLOCK;
    return this.isDetailed() ? DETAILS : SELDOM;
  }
}
