// SPDX-License-Identifier: MIT
/*
 * Messages of the subprotocol oriel.1 (common/wire.h), good ones and, since
 * every field can be set, bad ones.
 */
export const TYPE = { hello: 1, init: 2, part: 3, playlist: 4, bye: 5,
                      poster: 6, status: 7, welcome: 64, ack: 65, error: 66,
                      drain: 67, demand: 68, keyFrame: 69 };
export const MODE = { live: 1, quiet: 2, asleep: 3, posters: 4 };
export const NAME = Object.fromEntries(
  Object.entries(TYPE).map(([name, type]) => [type, name]));
export const ERROR = { protocol: 1, tooLarge: 2, order: 3, unknownPart: 4,
                       replaced: 5, full: 6 };
export const FLAG = { independent: 1, last: 2, discontinuity: 4, ended: 1,
                      holds: 1 };

/* field name and bytes, in the order of the struct; 's': signed */
const FIELDS = {
  hello: [['process', 8], ['clock_us', 8, 's']],
  init: [['id', 4]],
  part: [['epoch', 4], ['msn', 4], ['part', 4], ['init', 4],
         ['discontinuity', 4], ['duration_90k', 4], ['start_us', 8, 's']],
  playlist: [['first_msn', 4], ['last_msn', 4], ['last_part', 4],
             ['hint_epoch', 4], ['hint_msn', 4], ['hint_part', 4],
             ['target_ms', 4], ['part_target_ms', 4], ['gzip_size', 4],
             ['delta_size', 4]],
  bye: [],
  poster: [['taken_us', 8, 's']],
  status: [['mode', 2], ['checkin_s', 2], ['behind_ms', 4], ['bitrate', 4],
           ['skipped_ms', 4]],
  welcome: [['clock_us', 8, 's'], ['first_msn', 4], ['last_msn', 4],
            ['last_part', 4], ['epoch', 4], ['discontinuity', 4],
            ['max_part', 4],
            ['max_segments', 4]],
  ack: [['msn', 4], ['part', 4]],
  error: [['code', 2]],
  drain: [],
  demand: [['viewers', 4]],
  keyFrame: [],
};

export const fieldsSize = (name) =>
  FIELDS[name].reduce((size, [, bytes]) => size + bytes, 0);

/* One message. `head` overrides what stands in front of the fields. */
export function encode(name, values = {}, body = Buffer.alloc(0),
                       { flags = 0, head = {} } = {}) {
  const fields = Buffer.alloc(fieldsSize(name));
  let at = 0;

  for (const [field, bytes, sign] of FIELDS[name]) {
    const value = BigInt(values[field] ?? 0);
    if (bytes === 8)
      sign ? fields.writeBigInt64BE(value, at)
        : fields.writeBigUInt64BE(value, at);
    else
      fields.writeUIntBE(Number(value), at, bytes);
    at += bytes;
  }
  const front = Buffer.alloc(8);
  front[0] = head.type ?? TYPE[name];
  front[1] = flags;
  front.writeUInt16BE(head.zero ?? 0, 2);
  front.writeUInt32BE(head.size ?? fields.length + body.length, 4);
  return Buffer.concat([front, fields, body]);
}

/* { name, flags, body, ...fields } of a good message. */
export function decode(bytes) {
  const name = NAME[bytes[0]];
  const out = { name, flags: bytes[1] };
  let at = 8;

  if (!name || bytes.readUInt32BE(4) !== bytes.length - 8)
    throw new Error(`not a message: ${bytes.subarray(0, 16).toString('hex')}`);
  for (const [field, size, sign] of FIELDS[name]) {
    if (size === 8)
      out[field] = sign ? bytes.readBigInt64BE(at) : bytes.readBigUInt64BE(at);
    else
      out[field] = bytes.readUIntBE(at, size);
    at += size;
  }
  out.body = bytes.subarray(at);
  return out;
}
