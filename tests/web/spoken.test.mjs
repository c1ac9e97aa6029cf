// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Spoken } from '../../web/spoken.js';

test('what lasts is heard, from its first moment counted', () => {
  const spoken = new Spoken();

  assert.equal(spoken.hear(0, 'Connecting…'), '');
  assert.equal(spoken.hear(1499, 'Connecting…'), '');
  assert.equal(spoken.hear(1500, 'Connecting…'), 'Connecting…');
});

test('what changes back at once is not heard at all', () => {
  const spoken = new Spoken();
  const heard = new Set();

  for (let now = 0; now < 60000; now += 250)
    heard.add(spoken.hear(now, now % 5000 === 4000 ? 'Stalled' : 'Live'));
  assert.deepEqual([...heard], ['', 'Live']);
});

test('what was heard stays until something else lasts', () => {
  const spoken = new Spoken();

  spoken.hear(0, 'Live');
  assert.equal(spoken.hear(2000, 'Live'), 'Live');
  assert.equal(spoken.hear(2250, 'Offline'), 'Live');
  assert.equal(spoken.hear(3749, 'Offline'), 'Live');
  assert.equal(spoken.hear(3750, 'Offline'), 'Offline');
});
