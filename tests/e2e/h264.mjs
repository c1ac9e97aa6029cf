// SPDX-License-Identifier: MIT
/*
 * H.264 byte streams, as far as telling frames apart and comparing their coded
 * slices goes (ITU-T H.264 7.4.1, annex B).
 */
import { createHash } from 'node:crypto';

const isSlice = (nal) => (nal[0] & 31) >= 1 && (nal[0] & 31) <= 5;
/* first_mb_in_slice is 0, which ue(v) codes as a single set bit. */
const beginsPicture = (nal) => isSlice(nal) && (nal[1] & 0x80) !== 0;

/* NAL units of an Annex B stream, without start codes: { at, nal }. */
export function* annexbNals(bytes) {
  const code = Buffer.from([0, 0, 1]);
  let at = bytes.indexOf(code);

  while (at >= 0) {
    const next = bytes.indexOf(code, at + 3);
    let end = next < 0 ? bytes.length : next;
    while (end > at + 3 && bytes[end - 1] === 0)
      end--; // trailing zeros and the fourth byte of a start code
    yield { at, nal: bytes.subarray(at + 3, end) };
    at = next;
  }
}

/* NAL units of a sample of an MP4. */
export function* sampleNals(bytes, lengthSize = 4) {
  let at = 0;

  while (at < bytes.length) {
    const size = bytes.readUIntBE(at, lengthSize);
    at += lengthSize;
    if (size === 0 || at + size > bytes.length)
      throw new Error('NAL unit goes beyond its sample');
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

/* One short text for the coded slices of a frame; equal slices, equal text. */
export function slicesId(nals) {
  const hash = createHash('sha1');
  for (const nal of nals)
    if (isSlice(nal))
      hash.update(nal);
  return hash.digest('base64url').slice(0, 12);
}

/* NAL types that occur, for checks of what must not be in a sample. */
export function nalTypes(nals) {
  return new Set([...nals].map((nal) => nal[0] & 31));
}

/*
 * Cuts an Annex B stream into access units: { bytes, id, key }, with whatever
 * stands before the first slice of a picture belonging to it.
 */
export function accessUnits(stream) {
  const units = [];
  let from = 0;
  let open = []; // NAL units of the one being read
  let hasPicture = false;

  function finish(to) {
    if (!hasPicture)
      return;
    units.push({ bytes: stream.subarray(from, to), id: slicesId(open),
                 key: open.some((nal) => (nal[0] & 31) === 5) });
    from = to;
    open = [];
    hasPicture = false;
  }
  for (const { at, nal } of annexbNals(stream)) {
    const begins = beginsPicture(nal) || !isSlice(nal);
    if (hasPicture && begins)
      finish(at > 0 && stream[at - 1] === 0 ? at - 1 : at);
    open.push(nal);
    hasPicture ||= isSlice(nal);
  }
  finish(stream.length);
  return units;
}
