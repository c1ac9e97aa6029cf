// SPDX-License-Identifier: MIT
/*
 * For how long programs wanted to run and others did: what a crowded machine
 * takes from them, and what no program can make good. Measured from outside
 * (the second number of schedstat), so that a test can tell it from what the
 * program itself is slow at.
 */
import { readdirSync, readFileSync } from 'node:fs';

const LOOK = 20; // ms

/* Milliseconds of each thread that the program `pid` has now. */
function starvedThreads(pid) {
  const threads = new Map();

  try {
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      const path = `/proc/${pid}/task/${task}/schedstat`;
      threads.set(`${pid}/${task}`,
                  Number(readFileSync(path, 'latin1').split(' ')[1]) / 1e6);
    }
  } catch {
    // a thread or all of it has just ended
  }
  return threads;
}

export function starvedSeconds(pid) {
  return [...starvedThreads(pid).values()].reduce((a, b) => a + b, 0) / 1000;
}

/* Looks again and again, to know later when it was. */
export class Starvation {
  #looks = []; // { at, total: ms since it began }
  #threads = new Map();
  #ticked = performance.now();
  late = 0; // ms for which this process was not let run itself

  constructor(...pids) {
    this.pids = pids;
    this.#look();
    this.timer = setInterval(() => this.#tick(), LOOK).unref();
  }

  #tick() {
    const now = performance.now();

    this.late += Math.max(0, now - this.#ticked - LOOK - 1);
    this.#ticked = now;
    this.#look();
  }

  #look() {
    const last = this.#looks.at(-1);
    let total = last?.total ?? 0;

    for (const pid of this.pids)
      for (const [thread, ms] of starvedThreads(pid)) {
        if (last) // what was before it began is none of its business
          total += ms - (this.#threads.get(thread) ?? 0);
        this.#threads.set(thread, ms);
      }
    this.#looks.push({ at: Date.now(), total });
  }

  /* Milliseconds, of all threads together. */
  get total() {
    this.#look();
    return this.#looks.at(-1).total;
  }

  /*
   * Of those, what was between two moments of the wall clock, modulo 2^32 as
   * timecodes are; rather too much than too little.
   */
  between(from, to) {
    const looks = this.#looks;
    const before = looks.findLast(({ at }) => ((at - from) | 0) <= 0);
    const behind = looks.find(({ at }) => ((at - to) | 0) >= 0);

    return (behind ?? looks.at(-1)).total - (before ?? looks[0]).total;
  }

  close() {
    clearInterval(this.timer);
  }
}

/* A clock that stands while these programs, or we, are not let run. */
export class FairClock {
  #start = performance.now();

  constructor(...pids) {
    this.starvation = new Starvation(...pids);
  }

  get ms() {
    const { total, late } = this.starvation;
    return Math.max(0, performance.now() - this.#start - total - late);
  }

  close() {
    this.starvation.close();
  }
}
