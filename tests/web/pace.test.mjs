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
    if (left < 0) {
      stalls++;
      pace.stalled(from + i * PART);
      left = 0;
    }
    pace.sample(from + i * PART, left);
    const advice = pace.advice();
    left -= advice.jump;
    if (advice.jump > 0) {
      jumped += advice.jump;
      pace.forget();
    }
    rate = advice.rate;
    rates.push(rate);
    left += PART;
  }
  return { slack: left - PART, stalls, jumped, rates };
}

test('what is too much in the buffer is played off, unseen', () => {
  const pace = new Pace({ least: 0.07, first: 0.07 });
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

test('a stall makes the margin larger, up to a limit, and calm takes it back',
     () => {
  const pace = new Pace({ least: 0.07, first: 0.07 });

  pace.stalled(0);
  assert.ok(pace.margin > 0.07);
  for (let i = 0; i < 100; i++)
    pace.stalled(i);
  assert.equal(pace.margin, 0.6);
  play(pace, { from: 100, seconds: 4, slack: 1 });
  assert.equal(pace.margin, 0.6);
  play(pace, { from: 104, seconds: 200, slack: 1 });
  assert.equal(pace.margin, 0.07);
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
