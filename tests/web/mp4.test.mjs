// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readDecodeTime, readInit } from '../../web/mp4.js';

function box(type, ...content) {
  const body = Buffer.concat(content.map((c) => Buffer.from(c)));
  const head = Buffer.alloc(8);

  head.writeUInt32BE(8 + body.length);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, body]);
}

const u32 = (n) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];
const zeros = (n) => new Uint8Array(n);
const buffer = (bytes) => bytes.buffer.slice(
  bytes.byteOffset, bytes.byteOffset + bytes.length);

const mdhd = (version) => box('mdhd', [version, 0, 0, 0],
                              zeros(version ? 16 : 8), u32(90000), zeros(8));

function init({ version = 0, entry = 'avc1' } = {}) {
  const avcC = box('avcC', [1, 0x42, 0xc0, 0x1e, 0xff]);
  const stsd = box('stsd', zeros(4), u32(1), box(entry, zeros(78), avcC));

  return buffer(Buffer.concat([box('ftyp', zeros(8)), box('moov',
    box('mvhd', zeros(8)), box('trak', box('tkhd', zeros(8)),
      box('mdia', mdhd(version), box('minf', box('stbl', stsd)))))]));
}

const partAt = (...tfdt) => buffer(Buffer.concat([
  box('moof', box('mfhd', zeros(8)), box('traf', box('tfhd', zeros(8)),
                                         box('tfdt', ...tfdt))),
  box('mdat', zeros(4))]));

test('an init tells codec and timescale, in both versions of its header', () => {
  for (const version of [0, 1])
    assert.deepEqual(readInit(init({ version })),
                     { codec: 'avc1.42c01e', timescale: 90000 });
});

test('a part tells when its first sample is decoded, with 32 and 64 bits', () => {
  assert.equal(readDecodeTime(partAt(zeros(4), u32(123456))), 123456);
  assert.equal(readDecodeTime(partAt([1, 0, 0, 0], u32(2), u32(5))),
               2 * 2 ** 32 + 5);
});

test('another codec, and what is cut off or no fMP4 at all, is refused', () => {
  assert.throws(() => readInit(init({ entry: 'hvc1' })), /no avc1 box/);
  assert.throws(() => readInit(init().slice(0, 60)), /no \w+ box/);
  assert.throws(() => readDecodeTime(buffer(Buffer.from('<html></html>'))),
                /no moof box/);
  assert.throws(() => readDecodeTime(new ArrayBuffer(0)), /no moof box/);
});
