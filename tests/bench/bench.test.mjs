// SPDX-License-Identifier: MIT
/* What measures is measured itself. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { percentile, summary, table } from './figures.mjs';
import { Load } from './load.mjs';
import { decodeStrip, unwrap } from './recorder.mjs';
import { Line } from './slow_line.mjs';
import { note, noteShown, readTrace, stageTable } from './stages.mjs';

test('percentiles are values of the list', () => {
  const list = [5, 1, 4, 2, 3];

  assert.equal(percentile(list, 0), 1);
  assert.equal(percentile(list, 0.5), 3);
  assert.equal(percentile(list, 0.95), 5);
  assert.equal(percentile(list, 1), 5);
  assert.deepEqual(list, [5, 1, 4, 2, 3]);
  assert.ok(Number.isNaN(percentile([], 0.5)));
  assert.equal(summary([1, 2]).n, 2);
});

test('a table has columns', () => {
  assert.equal(table([['a', 'b'], ['long', 1]]), 'a     b\nlong  1');
});

test('a line takes its delay and what its rate needs', () => {
  const line = new Line(40, 1e6); // 125 bytes a ms

  assert.equal(line.arrival(1000, 1250), 1050);
  assert.equal(line.arrival(1000, 1250), 1060, 'behind the one before');
  assert.equal(line.arrival(2000, 0), 2040, 'and free again');
});

test('marks of several traces join, the first of a stage counting', () => {
  const parts = readTrace('1000 captured 7.0\n3000 sent 7.0\n5000 sent 7.0\n' +
                          '2000 captured 7.1\n');

  readTrace('3500 stored 7.0\nbroken', parts);
  assert.deepEqual(parts.get('7.0'), { captured: 1, sent: 3, stored: 3.5 });
  assert.deepEqual(parts.get('7.1'), { captured: 2 });
});

test('only parts that passed all stages are in the table', () => {
  const parts = readTrace('0 a 1.0\n2000 b 1.0\n0 a 1.1\n');
  const rows = stageTable(parts, [['a', ''], ['b', '']]);

  assert.equal(rows[1].step.n, 1);
  assert.equal(rows[1].step.p50, 2);
  assert.equal(rows[1].at.p50, 2);
});

test('a picture that was shown is its part\'s first, or none', () => {
  const parts = new Map();

  note(parts, '1.0', 'captured', 100);
  note(parts, '1.1', 'captured', 166);
  noteShown(parts, [{ taken: 167, at: 300 }, { taken: 133, at: 266 },
                    { taken: 101, at: 233 }]);
  assert.equal(parts.get('1.0').shown, 233);
  assert.equal(parts.get('1.1').shown, 300);
});

test('a strip of cells is a time', () => {
  const bits = `${(1).toString(2).padStart(32, '0')}00000111`;

  assert.equal(decodeStrip(bits), 1);
  assert.equal(decodeStrip(`${bits.slice(0, -1)}0`), null);
  assert.equal(decodeStrip('0'.repeat(40)), null);
  assert.equal(decodeStrip('1'), null);
});

test('a time modulo 2^32 is the one near now', () => {
  const now = 3 * 2 ** 32 + 10;

  assert.equal(unwrap(5, now), 3 * 2 ** 32 + 5);
  assert.equal(unwrap(2 ** 32 - 5, now), 3 * 2 ** 32 - 5);
});

test('a crowd has as many addresses as it says, all of loopback', () => {
  for (const addresses of [1, 250, 40000]) {
    const load = new Load({ addresses });
    const seen = new Set(Array.from({ length: 2 * addresses },
                                    () => load.address()));

    assert.equal(seen.size, addresses);
    for (const address of seen)
      assert.match(address, /^127\.(6[6-9]|[7-9]\d)\.\d{1,3}\.[1-9]\d{0,2}$/);
  }
});

test('operations are paced, in all and not for each lane', async () => {
  const load = new Load({ rate: 500 });
  const start = performance.now();

  setTimeout(() => { load.stopped = true; }, 200);
  await load.run(10, async () => {});
  const most = (performance.now() - start) / 2 + 20;
  assert.ok(load.operations > 0 && load.operations < most,
            `${load.operations}`);
});
