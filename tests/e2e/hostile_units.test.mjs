// SPDX-License-Identifier: MIT
/*
 * An encoder that does to pictures what the Pi's firmware has been seen to do
 * (tests/fake/README.md), under the real programs: the stream goes on, each
 * picture that is shown is the right one, and nothing is waited for that will
 * not come.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { runHostile } from './hostile_device.mjs';
import { Relay, SANITIZED } from './oriel.mjs';

const DEVICES = ['pi', 'node cam camera profile=unicam'];
const FRAME = 1000 / 30;

let relay;

before(async () => {
  relay = await Relay.start();
});

after(async () => {
  await relay?.finish();
});

const run = (name, faults, options = {}) =>
  runHostile(relay, { name, script: [...DEVICES, ...faults], ...options });

/*
 * From each picture to the next, ms, by what they show; `own`: without the
 * time in which camera or relay were not let run, up to when the encoder's
 * queue is empty again. Where that was for long, nobody can tell.
 */
const QUEUE = 200;
const gaps = (frames, starvation) => frames.slice(1).map(({ code }, i) => {
  const before = frames[i].code;
  const ms = (code - before) | 0;
  return { ms, own: ms - starvation.between(before - QUEUE, code + QUEUE) };
});
const longest = (all, what) => Math.max(...all.map((gap) => gap[what]));

describe('an encoder that', { concurrency: 3 }, () => {
  test('does what it should: no copy, no picture lost', async () => {
    const { frames, report, starvation } = await run('good', []);
    const { encoder, cam } = report.nodes;
    assert.equal(encoder.copies, 0);
    assert.ok(encoder.imports - encoder.frames_in < 8, 'more were queued');
    assert.equal(encoder.reattaches, 0);
    assert.equal(encoder.late_parms, 0);
    assert.equal(encoder.poll_errors, 0);
    const most = Math.floor(starvation.total / FRAME);
    assert.ok(SANITIZED || cam.dropped <= most,
              `${cam.dropped} dropped, not ${most} at most`);
    const gap = longest(gaps(frames, starvation), 'own');
    assert.ok(SANITIZED || gap < 2 * FRAME, `a gap of ${gap} ms`);
  });

  test('skips ten pictures: they are missing, nothing is late', async () => {
    const { frames, report, starvation } = await run('skips', [
      'frame=90 encoder skip x10'], { jumps: [0, 1] });
    assert.equal(report.nodes.encoder.skipped, 10);
    const all = gaps(frames, starvation);
    assert.ok(longest(all, 'ms') > 11 * FRAME - 20, 'some were not skipped');
    const gap = longest(all, 'own');
    assert.ok(gap < 11 * FRAME + 20, `a gap of ${gap} ms`);
  });

  test('skips every third picture', async () => {
    const { report } = await run('thirds', ['every=3 encoder skip x*']);
    assert.equal(report.nodes.encoder.reqbufs, 4, 'it was opened again');
  });

  test('skips all for two seconds: no hang, and a higher bitrate', async () => {
    const { report } = await run('poor', ['frame=60 for=2 encoder skip'], {
      seconds: 7, jumps: [1, 1], allow: [/skips all pictures/],
    });
    assert.equal(report.nodes.encoder.reqbufs, 4, 'it was opened again');
  });

  test('gives headers for a key picture: no sample of them', async () => {
    await run('headers', ['frame=60 encoder header-only x3']);
  });

  test('gives headers alone at the start', async () => {
    await run('late', ['encoder header-only']);
  });

  test('begins with garbage', async () => {
    await run('garbage', ['encoder garbage']);
  });

  test('gives garbage now and then', async () => {
    await run('more-garbage', ['every=20 encoder garbage x*']);
  });

  test('gives empty buffers', async () => {
    const { report } = await run('empty', ['every=5 encoder empty x*']);
    assert.equal(report.nodes.encoder.reqbufs, 4, 'it was opened again');
  });

  test('flags units as broken: they are not shown', async () => {
    await run('broken', ['frame=80 encoder error x2'], {
      allow: [/broken|error/i],
    });
  });

  test('cuts a unit off: the decoder goes on at the next key', async () => {
    // Nothing in a P picture tells that its end is missing: it is shown, and
    // what is seen is the decoder's guess until the next key.
    await run('cut', ['frame=80 encoder truncate 100'], { unreadable: 90 });
  });

  test('forgets SPS and PPS in front of later keys', async () => {
    await run('forgets', ['frame=30 encoder no-headers x*']);
  });

  test('does not flag its keys', async () => {
    const { frames } = await run('unflagged', ['encoder no-key-flag x*']);
    assert.ok(frames.filter(({ key }) => key).length >= 3);
  });

  test('keeps two of the pictures for good', async () => {
    await run('keeps', ['frame=60 encoder keep-output x2'], { seconds: 6 });
  });

  test('keeps all pictures: it is started again', async () => {
    const { report } = await run('keeps-all', [
      'frame=60 encoder keep-output x12'], {
      seconds: 9, jumps: [1, 5], allow: [/hangs|opening it again/],
    });
    assert.ok(report.nodes.encoder.frames_in > 100);
  });

  test('loses a unit buffer now and then', async () => {
    await run('loses', ['frame=60 encoder keep-capture x3'], { seconds: 6 });
  });

  test('loses all unit buffers: it is started again', async () => {
    const { report } = await run('loses-all', [
      'frame=60 encoder keep-capture x12'], {
      seconds: 10, jumps: [1, 4],
      allow: [/hangs|opening it again|skips all pictures/],
    });
    assert.ok(report.nodes.encoder.frames_out > 100);
  });
});
