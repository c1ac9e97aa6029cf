// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Backoff, retryPause } from '../../web/backoff.js';

test('pauses double up to the most', () => {
  const backoff = new Backoff({ first: 100, most: 450, random: () => 1 });
  const pauses = [1, 2, 3, 4, 5].map(() => backoff.next());
  assert.deepEqual(pauses, [100, 200, 400, 450, 450]);
});

test('chance takes at most half of a pause', () => {
  const backoff = new Backoff({ first: 100, most: 450, random: () => 0 });
  const pauses = [1, 2, 3, 4, 5].map(() => backoff.next());
  assert.deepEqual(pauses, [50, 100, 200, 225, 225]);
});

test('after a reset the pauses are short again', () => {
  const backoff = new Backoff({ first: 100, most: 450, random: () => 1 });
  backoff.next();
  backoff.next();
  backoff.reset();
  assert.equal(backoff.next(), 100);
});

test('a year of tries does not overflow', () => {
  const backoff = new Backoff({ first: 500, most: 4000, random: () => 1 });
  for (let i = 0; i < 10000; i++)
    backoff.next();
  assert.equal(backoff.next(), 4000);
  backoff.reset();
  assert.equal(backoff.next(), 500);
});

const pause = (tries, chance, seconds) => retryPause(
  { tries, first: 150, seconds, random: () => chance });

test('quick tries are spread around their pauses', () => {
  assert.equal(pause(1, 0), 75);
  assert.equal(pause(1, 1), 225);
  assert.equal(pause(4, 0), 300);
  assert.equal(pause(4, 1), 900);
});

test('the relay may put off all but the first of them', () => {
  assert.equal(pause(1, 0, 3), 75);
  assert.equal(pause(2, 0, 3), 3000);
  assert.equal(pause(2, 1, 3), 2000);
  assert.equal(pause(4, 1, 1), 900, 'never sooner than without');
});
