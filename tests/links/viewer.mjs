// SPDX-License-Identifier: MIT
/*
 * Somebody who watches: follows the stream with the stateful checker, and
 * notes how old the newest picture is that can be had.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { Follower } from '../e2e/follower.mjs';

/* The delay goes up and down with each part: not in step with these. */
const SAMPLE_MS = 23;

const LONGEST_LIST = 4 * 7; // segments

export class Viewer {
  /* `dates`: what the segment's own date says, as in playlist_text.mjs. */
  constructor(client, options = {}) {
    this.client = client;
    this.follower = new Follower(client, {
      onPart: (part) => this.#take(part), pdtSlack: 0.05,
      ...options,
    });
    this.parts = []; // { msn, part, at, takenAt }, ms of the wall clock
    this.delays = []; // { at, delay }: of the newest picture, in ms
    this.startedAt = Date.now();
    this.errors = []; // requests that came to nothing
    this.ended = false;
  }

  #take({ msn, part, segment }) {
    const before = segment.parts.slice(0, part)
      .reduce((total, { duration }) => total + duration, 0);
    const takenAt = segment.pdt + before * 1000;

    this.parts.push({ msn, part, at: Date.now(), takenAt,
                      duration: segment.parts[part].duration * 1000 });
    this.newest = Math.max(this.newest ?? 0, takenAt);
  }

  start() {
    this.running = Promise.all([this.#follow(), this.#sample()]);
    return this;
  }

  async #follow() {
    while (!this.ended)
      await this.follower.step().catch((error) => {
        this.errors.push(`${error}`);
        return sleep(200);
      });
  }

  async #sample() {
    while (!this.ended) {
      if (this.newest)
        this.delays.push({ at: Date.now(), delay: Date.now() - this.newest });
      await sleep(SAMPLE_MS);
    }
  }

  /* The delays from one moment to another. */
  between(from, to = Infinity) {
    return this.delays.filter(({ at }) => at >= from && at <= to)
      .map(({ delay }) => delay);
  }

  /* What is no stream of parts that follow each other, each once. */
  disorder() {
    return this.parts.filter(({ msn, part }, i) => {
      const before = this.parts[i - 1];

      return before && !(msn === before.msn ? part === before.part + 1
        : msn > before.msn && part === 0);
    }).map(({ msn, part }) => `${msn}.${part} is out of order`);
  }

  /*
   * What the checker found; but a list has a bound (window.c), and where the
   * machine is too slow for the camera, segments of few pictures fill it.
   */
  problems() {
    return this.follower.problems.filter((text) =>
      !/shorter than 3 TARGETDURATION/.test(text) ||
      text.split(' became ')[1].split(' ').length < LONGEST_LIST);
  }

  /* Segments that were never to be had, between the first and the last. */
  missing() {
    const have = new Set(this.parts.map(({ msn }) => msn));

    return this.parts.length
      ? this.parts.at(-1).msn - this.parts[0].msn + 1 - have.size : 0;
  }

  /* When something taken after `moment` was first to be had; or null. */
  firstTakenAfter(moment) {
    return this.parts.find(({ takenAt }) => takenAt >= moment)?.at ?? null;
  }

  async stop() {
    this.ended = true;
    await this.running;
  }
}
