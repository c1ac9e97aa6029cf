// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Pace } from '../../web/pace.js';

const PART = 0.2;

/*
 * A player fed a part every PART seconds, each late by what `late` says;
 * returns what it did.
 */
function play(pace, { from = 0, seconds, slack, late = () => 0 }) {
  let left = slack;
  let stalls = 0;
  let jumped = 0;
  let rate = 1;
  let before = 0;
  const rates = [];

  for (let i = 0; i * PART < seconds; i++) {
    const lateness = late(i);
    const passed = PART + lateness - before;

    before = lateness;
    if (i > 0)
      left -= passed * rate;
    const now = from + i * PART + lateness;
    if (left < 0) {
      stalls++;
      pace.stalled(now + left);
      left = 0;
    }
    if (!pace.fed(now, PART)) {
      pace.sample(now, left);
      const advice = pace.advice();
      left -= advice.jump;
      if (advice.jump > 0) {
        jumped += advice.jump;
        pace.forget();
      }
      rate = advice.rate;
    }
    rates.push(rate);
    left += PART;
  }
  return { slack: left - PART, stalls, jumped, rates };
}

/* One that has played for a while. */
function warm(pace) {
  pace.sample(-10, 0.07);
  pace.sample(-5, 0.07);
  return pace;
}

test('what is too much in the buffer is played off, unseen', () => {
  const pace = warm(new Pace({ least: 0.07, first: 0.07 }));
  const { slack, stalls, jumped, rates } =
    play(pace, { seconds: 30, slack: 0.5 });

  assert.ok(Math.abs(slack - 0.07) < 0.03, `${slack}`);
  assert.equal(stalls, 0);
  assert.equal(jumped, 0);
  assert.ok(Math.max(...rates) <= 1.1);
});

test('what is far too much is skipped', () => {
  const pace = new Pace({ least: 0.07, first: 0.07 });
  const { jumped, slack } = play(pace, { seconds: 10, slack: 3 });

  assert.ok(jumped > 2.5);
  assert.ok(slack < 0.15);
});

test('at the beginning a little too much is skipped, when it is known', () => {
  const pace = new Pace({ least: 0.07, first: 0.07 });
  const { jumped } = play(pace, { seconds: 0.55, slack: 0.3 });

  assert.ok(jumped > 0.15, `${jumped}`);
});

test('how late the first parts were does not count for long', () => {
  const pace = new Pace({ least: 0.07, first: 0.07 });

  for (let i = 0; i < 4; i++)
    pace.sample(i * 0.2, i ? 0.17 : 0.07);
  assert.ok(pace.excess > 0.09, `${pace.excess}`);
});

test('at the margin nothing is done', () => {
  const pace = new Pace({ least: 0.07, first: 0.07 });
  const { rates } = play(pace, { seconds: 10, slack: 0.07 });

  assert.deepEqual([...new Set(rates)], [1]);
});

test('below the margin it plays slower, within limits', () => {
  const pace = new Pace({ least: 0.07, first: 0.07 });
  const { rates, slack } = play(pace, { seconds: 20, slack: 0.005 });

  assert.ok(Math.min(...rates) < 1 && Math.min(...rates) >= 0.94);
  assert.ok(slack > 0.05);
});

test('the worst of the last parts counts, not the best', () => {
  const pace = new Pace({ least: 0.07, first: 0.07 });
  const { slack, stalls } = play(pace, {
    seconds: 60, slack: 0.4, late: (i) => (i % 5 === 0 ? 0.15 : 0),
  });

  assert.equal(stalls, 0);
  assert.ok(slack < 0.3, `${slack}`);
});

/* A stall at `now` of `seconds`. */
function starve(pace, now, seconds) {
  pace.fed(now, PART);
  pace.stalled(now);
  assert.equal(pace.fed(now + seconds, PART), true);
}

test('a stall makes the margin larger by what was missing', () => {
  const pace = new Pace({ least: 0.07, first: 0.07 });

  starve(pace, 10, 0.2);
  assert.ok(Math.abs(pace.margin - 0.27) < 0.001);
  starve(pace, 20, 0.001);
  assert.ok(pace.margin > 0.29, 'too little is not enough');
  for (let i = 0; i < 100; i++)
    starve(pace, 30 + i, 0.3);
  assert.equal(pace.margin, 0.6);
});

test('a stall that no margin could have bridged changes nothing', () => {
  const pace = new Pace({ least: 0.07, first: 0.07 });

  starve(pace, 10, 0.601);
  assert.equal(pace.margin, 0.07);
});

test('nor does one that we ourselves caused, by standing still', () => {
  const pace = new Pace({ least: 0.07, first: 0.07 });

  pace.fed(8, PART);
  pace.stalled(10);
  assert.equal(pace.fed(10.01, PART), true);
  assert.equal(pace.margin, 0.07);
});

test('the element may wait twice for the same part', () => {
  const pace = new Pace({ least: 0.07, first: 0.07 });

  pace.stalled(10);
  pace.stalled(10.05);
  assert.equal(pace.fed(10.1, PART), true);
  assert.ok(Math.abs(pace.margin - 0.17) < 0.001);
  assert.equal(pace.fed(10.2, PART), false, 'that was over');
});

test('after a stall what was measured before it is forgotten', () => {
  const pace = new Pace({ least: 0.07, first: 0.07 });

  pace.sample(9, 0.5);
  starve(pace, 10, 0.1);
  assert.deepEqual(pace.advice(), { rate: 1, jump: 0 });
});

test('calm takes back what a stall has added', () => {
  const pace = new Pace({ least: 0.07, first: 0.07 });

  starve(pace, 0, 0.5);
  play(pace, { from: 0.6, seconds: 4, slack: 1 });
  assert.ok(Math.abs(pace.margin - 0.57) < 0.001);
  play(pace, { from: 5, seconds: 20, slack: 1 });
  assert.ok(pace.margin < 0.17, `${pace.margin}`);
  play(pace, { from: 25, seconds: 60, slack: 1 });
  assert.equal(pace.margin, 0.07);
});

test('the more often it stalls, the later the margin creeps back', () => {
  const pace = new Pace({ least: 0.07, first: 0.07 });

  for (let i = 0; i < 4; i++)
    starve(pace, i * 10, 0.05);
  const { margin } = pace;
  play(pace, { from: 31, seconds: 35, slack: 1 });
  assert.equal(pace.margin, margin);
  play(pace, { from: 66, seconds: 30, slack: 1 });
  assert.ok(pace.margin < margin);
  starve(pace, 1000, 0.05);
  const later = pace.margin;
  play(pace, { from: 1001, seconds: 10, slack: 1 });
  assert.ok(pace.margin < later, 'a long time ago does not count');
});

test('it begins with more than it needs and gives it up while all is well',
     () => {
  const pace = new Pace({ least: 0.07, first: 0.12 });

  assert.equal(pace.margin, 0.12);
  play(pace, { seconds: 60, slack: 0.12 });
  assert.equal(pace.margin, 0.07);
});

test('without a measurement there is no advice', () => {
  assert.deepEqual(new Pace().advice(), { rate: 1, jump: 0 });
});

test('a steady one never changes the rate, it only skips', () => {
  const pace = new Pace({ least: 0.07, first: 0.07, steady: true });
  const { jumped, rates } = play(pace, { seconds: 10, slack: 0.5 });

  assert.deepEqual([...new Set(rates)], [1]);
  assert.ok(jumped > 0.3);
  assert.equal(play(new Pace({ steady: true }), { seconds: 10, slack: 0.3 })
    .jumped, 0);
});
