// SPDX-License-Identifier: MIT
/*
 * Reads the time that the test card shows in its strip of cells
 * (device/testcard/timecode.h has the layout).
 */
export const CELLS = 40;

export function crc8(value) {
  let crc = 0;
  for (let byte = 24; byte >= 0; byte -= 8) {
    crc ^= (value >>> byte) & 0xff;
    for (let bit = 0; bit < 8; bit++)
      crc = crc & 0x80 ? ((crc << 1) ^ 0x07) & 0xff : crc << 1;
  }
  return crc;
}

/* 40 brightnesses (0..255) to milliseconds mod 2^32; null: not readable. */
export function decodeCells(cells) {
  const bits = cells.map((level) => (level > 127 ? 1 : 0));
  const number = (list) => list.reduce((n, bit) => n * 2 + bit, 0);
  const value = number(bits.slice(0, 32));

  return bits.length === CELLS && value !== 0 &&
    crc8(value) === number(bits.slice(32)) ? value : null;
}

export function encodeCells(value) {
  const bits = value.toString(2).padStart(32, '0') +
    crc8(value).toString(2).padStart(8, '0');
  return [...bits].map((bit) => (bit === '1' ? 235 : 16));
}

/* How old a timecode is at `now` (Unix ms): it wraps every 49 days. */
export function age(timecode, now) {
  const difference = (now - timecode) % 2 ** 32;
  return difference > 2 ** 31 ? difference - 2 ** 32 : difference;
}

export function percentile(list, p) {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * p) - 1)];
}
