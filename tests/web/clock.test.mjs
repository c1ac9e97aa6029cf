// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RelayClock } from '../../web/clock.js';

test('without an answer the browser is believed', () => {
  assert.equal(new RelayClock().offset, 0);
});

test('a browser within the bounds is believed', () => {
  const clock = new RelayClock();
  clock.sample(1000, 1050, 1000);
  assert.equal(clock.offset, 0);
  clock.sample(1000, 1050, 1050);
  assert.equal(clock.offset, 0);
});

test('a clock that differs is corrected by the middle of the bounds', () => {
  const clock = new RelayClock();
  clock.sample(1000, 1040, 6020);
  assert.equal(clock.offset, 5000.5);
  const late = new RelayClock();
  late.sample(6000, 6040, 1020);
  assert.equal(late.offset, -4999.5);
});

test('a quick answer narrows the bounds, a slow one does not widen them', () => {
  const clock = new RelayClock();
  clock.sample(1000, 2000, 6000); // 4000 .. 5001
  clock.sample(3000, 3010, 7505); // 4495 .. 4506
  assert.equal(clock.offset, 4500.5);
  clock.sample(4000, 6000, 9500); // 3500 .. 5501
  assert.equal(clock.offset, 4500.5);
});

test('bounds that contradict each other mean a clock was set', () => {
  const clock = new RelayClock();
  clock.sample(1000, 1010, 6000);
  clock.sample(2000, 2010, 2005);
  assert.equal(clock.offset, 0);
});

test('bounds are forgotten when they are old', () => {
  const clock = new RelayClock();
  clock.sample(1000, 1010, 6000);
  clock.sample(1000 + 700000, 2010 + 700000, 6500 + 700000); // 4490 .. 5501
  assert.equal(clock.offset, 4995.5);
});

test('answers without a clock change nothing', () => {
  const clock = new RelayClock();
  clock.sample(1000, 1010, 6000);
  const before = clock.offset;
  for (const bad of [NaN, undefined, Infinity, 'soon'])
    clock.sample(2000, 2010, bad);
  clock.sample(3010, 3000, 8000); // received before it was sent
  assert.equal(clock.offset, before);
});
