// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { age, crc8, decodeCells, encodeCells, percentile }
  from './timecode.mjs';

test('the check sum is CRC-8 with polynomial 7', () => {
  assert.equal(crc8(0), 0);
  assert.equal(crc8(1), 0x07);
  // "1234": by the catalogue's CRC-8/SMBUS, bit by bit
  assert.equal(crc8(0x31323334), 0xc2);
});

test('what is encoded is decoded', () => {
  for (const value of [1, 2, 0x7fffffff, 0x80000000, 0xffffffff, 123456789])
    assert.equal(decodeCells(encodeCells(value)), value);
});

test('one wrong cell, any cell, is noticed', () => {
  const cells = encodeCells(0x12345678);
  for (let i = 0; i < cells.length; i++) {
    const wrong = [...cells];
    wrong[i] = 255 - wrong[i];
    assert.equal(decodeCells(wrong), null);
  }
});

test('a black, a white and a short strip are no timecode', () => {
  assert.equal(decodeCells(encodeCells(5).slice(1)), null);
  assert.equal(decodeCells(Array(40).fill(0)), null);
  assert.equal(decodeCells(Array(40).fill(255)), null);
});

test('ages are right over the wrap', () => {
  const now = 1763823600000;
  assert.equal(age((now - 700) % 2 ** 32, now), 700);
  assert.equal(age((now + 5) % 2 ** 32, now), -5);
  assert.equal(age(2 ** 32 - 100, 5 * 2 ** 32 + 50), 150);
});

test('percentiles are taken from the list', () => {
  const list = [5, 1, 4, 2, 3];
  assert.equal(percentile(list, 0.5), 3);
  assert.equal(percentile(list, 0.95), 5);
  assert.equal(percentile([7], 0.5), 7);
});
