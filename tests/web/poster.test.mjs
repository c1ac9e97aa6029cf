// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { makeCards } from '../../web/cards.js';
import { PosterChoice } from '../../web/poster.js';
import { describe, details } from '../../web/words.js';

test('a poster is drawn once, and a newer one again', () => {
  const choice = new PosterChoice();

  assert.equal(choice.wants(null, null), false);
  assert.equal(choice.wants(1000, null), true);
  assert.equal(choice.wants(1000, null), false);
  assert.equal(choice.wants(61000, null), true);
});

test('a poster is not drawn over a picture that is newer', () => {
  const choice = new PosterChoice();

  assert.equal(choice.wants(1000, 1000), false);
  assert.equal(choice.wants(1000, 999), true);
});

test('a card has the time of its poster', () => {
  const [a, b] = makeCards([{ camera: 'a', state: 'asleep', poster_ms: 5 },
                            { camera: 'b', state: 'live' }]);

  assert.equal(a.poster, 5);
  assert.equal(b.poster, null);
});

test('who waits is told what the camera says', () => {
  const state = { state: 'waiting', past: 0, latency: null };

  assert.match(describe({ ...state, note: 'No camera.' }).sentence,
               /The camera says: No camera\.$/);
  assert.doesNotMatch(describe(state).sentence, /says/);
  assert.equal(describe({ ...state, state: 'live', note: 'x' }).sentence,
               'Live');
});

test('details have what the camera says of itself', () => {
  const facts = { latency: null, stalls: 0 };
  const rows = (device) => Object.fromEntries(details({ ...facts, device }));

  assert.match(rows({ mode: 'posters', note: '' }).Sending, /budget/);
  assert.equal(rows({ mode: 'posters', note: '' })['The camera says'],
               undefined);
  assert.equal(rows({ mode: 'live', note: 'Look.' })['The camera says'],
               'Look.');
  assert.equal(rows({ mode: 'live', note: 'Look.' }).Sending, undefined);
  assert.equal(rows(null).Sending, undefined);
});
