// SPDX-License-Identifier: MIT
/*
 * The few facts of an fMP4 (ISO/IEC 14496-12) that a player of parts needs.
 * Pure: an ArrayBuffer in, values out; a box that is not there throws.
 */

/* The content of the box at `path` ("moov/trak/mdia"), as a DataView. */
function find(view, path) {
  const [name, ...rest] = path.split('/');

  for (let at = 0; at + 8 <= view.byteLength;) {
    const size = view.getUint32(at);
    const type = String.fromCharCode(...[4, 5, 6, 7].map(
      (i) => view.getUint8(at + i)));

    if (size < 8 || at + size > view.byteLength)
      break;
    if (type === name) {
      const content = new DataView(view.buffer, view.byteOffset + at + 8,
                                   size - 8);
      return rest.length ? find(content, rest.join('/')) : content;
    }
    at += size;
  }
  throw new Error(`no ${name} box`);
}

const skip = (view, bytes) => new DataView(
  view.buffer, view.byteOffset + bytes, view.byteLength - bytes);

/* Of an init segment: { codec: 'avc1.42C01E', timescale: 90000 }. */
export function readInit(buffer) {
  const media = find(new DataView(buffer), 'moov/trak/mdia');
  const header = find(media, 'mdhd');
  const wide = header.getUint8(0) === 1;
  const samples = find(media, 'minf/stbl/stsd');
  // version, flags and count; then the fields of the visual sample entry
  const avcC = find(skip(find(skip(samples, 8), 'avc1'), 78), 'avcC');
  const hex = [1, 2, 3].map(
    (i) => avcC.getUint8(i).toString(16).padStart(2, '0')).join('');

  return { codec: `avc1.${hex}`, timescale: header.getUint32(wide ? 20 : 12) };
}

/* Of a part: when its first sample is decoded, in ticks of the timescale. */
export function readDecodeTime(buffer) {
  const tfdt = find(new DataView(buffer), 'moof/traf/tfdt');

  return tfdt.getUint8(0) === 1
    ? Number(tfdt.getBigUint64(4)) : tfdt.getUint32(4);
}
