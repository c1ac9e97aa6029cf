// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Nap, Rest } from '../../web/nap.js';

const HOUR = 3600000;

test('a first look says nothing, nor does one that comes in time', () => {
  const nap = new Nap();

  assert.equal(nap.look(1000, 50000), false);
  assert.equal(nap.look(1250, 50250), false);
  assert.equal(nap.look(6250, 55250), false);
});

test('a look that comes late was a nap, once', () => {
  const nap = new Nap();

  nap.look(0, 0);
  assert.equal(nap.look(5001, 5001), true);
  assert.equal(nap.look(5251, 5251), false);
});

test('a clock that stood still meanwhile does not hide the nap', () => {
  const nap = new Nap();

  nap.look(0, 0);
  assert.equal(nap.look(250, HOUR), true);
});

test('a wall clock that is set back is none', () => {
  const nap = new Nap();

  nap.look(0, HOUR);
  assert.equal(nap.look(250, 0), false);
});

test('after a reset the time in between does not count', () => {
  const nap = new Nap();

  nap.look(0, 0);
  nap.reset();
  assert.equal(nap.look(HOUR, HOUR), false);
});

test('a page rests when nobody has looked for a minute, and wakes at once',
     () => {
  const rest = new Rest();

  assert.equal(rest.look(0, true), null);
  assert.equal(rest.look(1000, false), null);
  assert.equal(rest.look(60999, false), null);
  assert.equal(rest.look(61000, false), 'rest');
  assert.equal(rest.look(90000, false), null);
  assert.equal(rest.look(90250, true), 'wake');
  assert.equal(rest.look(90500, true), null);
});

test('who looks in between starts the minute anew', () => {
  const rest = new Rest();

  rest.look(0, false);
  rest.look(50000, true);
  assert.equal(rest.look(60000, false), null);
  assert.equal(rest.look(119999, false), null);
  assert.equal(rest.look(120000, false), 'rest');
});
