// SPDX-License-Identifier: MIT
/*
 * vivid, the kernel's test camera: colour bars that move sideways by the same
 * even number of pixels from each frame to the next.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const MOVE_SLOWLY = 4; // of its menu horizontal_movement
const STAY = 3;

/*
 * The picture before it moves, planar 4:2:0; from then on it moves. No text is
 * drawn over it, and a frame's time is that of its beginning, as cameras have
 * it.
 */
export async function readBase(guest, node, [width, height]) {
  const name = `base-${width}`;
  const control = (movement) => `v4l2-ctl -d ${node} -c ` +
    `osd_text_mode=2,timestamp_source=1,horizontal_movement=${movement}`;

  await guest.run([
    control(STAY),
    `v4l2-ctl -d ${node} --set-fmt-video=width=${width},height=${height},` +
      'pixelformat=YU12 --stream-mmap --stream-count=1 ' +
      `--stream-to=/tmp/${name} >/dev/null`,
    `cp /tmp/${name} /host/out/`,
    control(MOVE_SLOWLY),
  ].join(' && '));
  return readFileSync(join(guest.share, 'out', name));
}

/* A plane, moved to the right by `shift`; what leaves enters at the left. */
function rotatePlane(to, from, width, shift) {
  for (let at = 0; at < from.length; at += width) {
    from.copy(to, at + shift, at, at + width - shift);
    from.copy(to, at, at + width - shift, at + width);
  }
}

function rotate(base, [width, height], shift) {
  const out = Buffer.alloc(base.length);
  let at = 0;
  for (const part of [1, 2, 2]) {
    const size = (width * height) / part / part;
    rotatePlane(out.subarray(at, at + size), base.subarray(at, at + size),
                width / part, shift / part);
    at += size;
  }
  return out;
}

const digest = (bytes) => createHash('sha1').update(bytes).digest('hex');

/*
 * All pictures that vivid shows, `then` a function of each: how many places
 * each has moved is what find() tells of it; -1: it is none of them.
 */
export class Pictures {
  constructor(base, size, then = (picture) => picture) {
    this.count = size[0] / 2;
    this.places = new Map();
    for (let i = 0; i < this.count; i++)
      this.places.set(digest(then(rotate(base, size, i * 2))), i);
    assert.equal(this.places.size, this.count, 'some are alike');
  }

  find(picture) {
    return this.places.get(digest(picture)) ?? -1;
  }
}
