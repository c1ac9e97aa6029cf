// SPDX-License-Identifier: MIT
/*
 * Reads what a CMAF part says: its samples, their times and their bytes. Only
 * what Oriel writes is understood: one video track, one moof in a part, data
 * addressed from the moof (ISO/IEC 14496-12 8.8).
 */
const CONTAINERS = new Set(['moov', 'trak', 'mdia', 'minf', 'stbl', 'mvex',
                            'moof', 'traf']);

/* Boxes of `bytes` in order, containers opened: { type, at, body }. */
export function* boxes(bytes, from = 0, to = bytes.length) {
  let at = from;

  while (at + 8 <= to) {
    const size = bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    if (size < 8 || at + size > to)
      throw new Error(`box ${type} at ${at} says it has ${size} bytes`);
    yield { type, at, body: bytes.subarray(at + 8, at + size) };
    if (CONTAINERS.has(type))
      yield* boxes(bytes, at + 8, at + size);
    at += size;
  }
  if (at !== to)
    throw new Error(`${to - at} bytes behind the last box`);
}

function find(bytes, type) {
  const all = [...boxes(bytes)].filter((box) => box.type === type);
  if (all.length !== 1)
    throw new Error(`${all.length} boxes ${type}, not one`);
  return all[0];
}

/* { timescale, lengthSize, codec } of an init segment. */
export function readInit(bytes) {
  const mdhd = find(bytes, 'mdhd').body;
  const stsd = find(bytes, 'stsd').body;
  const avcc = stsd.indexOf('avcC');

  return {
    timescale: mdhd.readUInt32BE(mdhd[0] === 1 ? 20 : 12),
    codec: stsd.toString('latin1', 12, 16),
    lengthSize: (stsd[avcc + 8] & 3) + 1,
    avcc: stsd.subarray(avcc + 4),
  };
}

function readTfhd(body) {
  const flags = body.readUInt32BE(0) & 0xffffff;
  let at = 8;
  const next = (bit, size = 4) => {
    if (!(flags & bit))
      return 0;
    at += size;
    return size === 4 ? body.readUInt32BE(at - 4) : 0;
  };

  if (flags & 1)
    throw new Error('tfhd has a base data offset: not moof-relative');
  next(2);
  return { duration: next(8), size: next(16), flags: next(32) };
}

/*
 * Samples of a part in decoding order: { dts, pts, duration, key, bytes } in
 * ticks of the track.
 */
export function readPart(bytes) {
  const moof = find(bytes, 'moof');
  const defaults = readTfhd(find(bytes, 'tfhd').body);
  const tfdt = find(bytes, 'tfdt').body;
  const { body: trun } = find(bytes, 'trun');
  const flags = trun.readUInt32BE(0) & 0xffffff;
  const signed = trun[0] === 1;
  const count = trun.readUInt32BE(4);
  const samples = [];
  let dts = tfdt[0] === 1 ? Number(tfdt.readBigUInt64BE(4))
    : tfdt.readUInt32BE(4);
  let at = 8;
  let data = moof.at + (flags & 1 ? trun.readInt32BE(at) : 0);

  at += flags & 1 ? 4 : 0;
  const firstFlags = flags & 4 ? trun.readUInt32BE(at) : null;
  at += flags & 4 ? 4 : 0;
  for (let i = 0; i < count; i++) {
    const sample = { dts, pts: dts, ...defaults };
    for (const [bit, name] of [[0x100, 'duration'], [0x200, 'size'],
                               [0x400, 'flags'], [0x800, 'offset']]) {
      if (!(flags & bit))
        continue;
      sample[name] = name === 'offset' && signed
        ? trun.readInt32BE(at) : trun.readUInt32BE(at);
      at += 4;
    }
    if (i === 0 && firstFlags !== null)
      sample.flags = firstFlags;
    if (data + sample.size > bytes.length)
      throw new Error(`sample ${i} goes beyond the part`);
    samples.push({
      dts, pts: dts + (sample.offset ?? 0), duration: sample.duration,
      key: (sample.flags & 0x10000) === 0,
      bytes: bytes.subarray(data, data + sample.size),
    });
    data += sample.size;
    dts += sample.duration;
  }
  return samples;
}
