// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { bitrate, cameraWords, describe, details, seconds, SENTENCES,
         snapshotName } from '../../web/words.js';

const live = { state: 'live', past: 0, latency: 312 };

test('each state has a badge and a sentence', () => {
  for (const state of ['connecting', 'live', 'waiting', 'waking', 'stalled', 'offline',
                       'refused', 'ended', 'paused', 'unplayable']) {
    const said = describe({ ...live, state });
    assert.ok(said.badge && said.sentence, state);
  }
  assert.equal(Object.keys(SENTENCES).length, 11);
});

test('live says how far behind the camera it is', () => {
  assert.equal(describe(live).latency, '0.3 s behind');
  assert.equal(describe({ ...live, latency: null }).latency, '');
});

test('a latency that cannot be is not shown', () => {
  for (const latency of [-301, 60000, NaN])
    assert.equal(describe({ ...live, latency }).latency, '');
  assert.equal(describe({ ...live, latency: -299 }).latency, '0.0 s behind');
  assert.equal(describe({ ...live, latency: 59999 }).latency, '60 s behind');
});

test('only a live picture has a latency', () => {
  assert.equal(describe({ ...live, state: 'stalled' }).latency, '');
});

test('who went back is not live', () => {
  const said = describe({ ...live, past: 5.04 });

  assert.equal(said.state, 'past');
  assert.equal(said.latency, '5.0 s ago');
  assert.equal(describe({ ...live, past: 0.5 }).state, 'live');
  assert.equal(describe({ ...live, state: 'paused', past: 5 }).state, 'paused');
});

test('from ten seconds on, seconds are whole', () => {
  assert.equal(seconds(9940), '9.9 s');
  assert.equal(seconds(9950), '10 s');
});

test('details leave out what is not known', () => {
  const rows = details({ latency: null, viewers: null, width: 0, height: 0,
                         fps: NaN, bitrate: NaN, player: null, stalls: 0 });

  assert.deepEqual(rows, [['Behind the camera', '–'], ['Interruptions', '0']]);
});

test('details say what is known', () => {
  const rows = Object.fromEntries(details({
    latency: 312, viewers: 2, width: 640, height: 360, fps: 29.7,
    bitrate: 1.04e6, player: 'this page', stalls: 3 }));

  assert.deepEqual(rows, {
    'Behind the camera': '0.31 s', Viewers: '2',
    Picture: '640 × 360, 30 fps', Bitrate: '1.0 Mbit/s', 'Played by': 'this page',
    Interruptions: '3' });
});

test('a latency that cannot be has a reason in the details', () => {
  const [[, text]] = details({ latency: 9e9, stalls: 0 });

  assert.match(text, /clocks/);
});

test('a bitrate is given in what fits it', () => {
  assert.equal(bitrate(999400), '999 kbit/s');
  assert.equal(bitrate(1e6), '1.0 Mbit/s');
});

test('each state of the relay has its words, an unknown one too', () => {
  for (const state of ['live', 'gone', 'stalled', 'offline', 'waiting',
                       'ended', 'refused', 'asleep', 'waking'])
    assert.notEqual(cameraWords(state).text, 'Not known');
  assert.equal(cameraWords('new').text, 'Not known');
});

test('a snapshot is named after camera and time, without a colon', () => {
  assert.equal(snapshotName('porch', new Date(2026, 0, 2, 3, 4, 5)),
               'porch 2026-01-02 03.04.05.png');
});
