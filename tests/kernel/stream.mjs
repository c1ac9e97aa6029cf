// SPDX-License-Identifier: MIT
/*
 * What a viewer on the host gets of a camera in the guest: every frame with
 * its time, and the pictures that ffmpeg decodes from them.
 */
import { spawnSync } from 'node:child_process';

import { setTimeout as sleep } from 'node:timers/promises';

import { Client } from '../e2e/http.mjs';
import { sampleNals } from '../e2e/h264.mjs';
import { readInit, readPart } from '../e2e/mp4.mjs';
import { nextPosition, readPlaylist } from '../e2e/playlist_text.mjs';

const START = Buffer.from([0, 0, 0, 1]);

/* SPS and PPS of an init segment (ISO/IEC 14496-15 5.3.3.1), as Annex B. */
function parameterSets(avcc) {
  const sets = [];
  let at = 6;
  for (const kind of ['sps', 'pps']) {
    let count = kind === 'sps' ? avcc[5] & 31 : avcc[at++];
    for (; count > 0; count--) {
      const size = avcc.readUInt16BE(at);
      sets.push(START, avcc.subarray(at + 2, at + 2 + size));
      at += 2 + size;
    }
  }
  return Buffer.concat(sets);
}

function annexb(init, sample) {
  const nals = [...sampleNals(sample.bytes, init.lengthSize)];
  const bytes = Buffer.concat(nals.flatMap((nal) => [START, nal]));
  return sample.key ? Buffer.concat([parameterSets(init.avcc), bytes]) : bytes;
}

/* Asks for the playlist again and again, as players do, and calls `take`. */
async function follow(client, take, enough, end) {
  const seen = new Set();
  let want = null;

  while (!enough()) {
    const query = want ? `?_HLS_msn=${want.msn}&_HLS_part=${want.part}` : '';
    const { status, body } = await client.get(`index.m3u8${query}`);
    if (performance.now() > end)
      throw new Error(`not enough in time:\n${body}`);
    if (status !== 200) {
      await sleep(200);
      continue;
    }
    const playlist = readPlaylist(body.toString());
    for (const segment of playlist.segments)
      for (const { uri } of segment.parts)
        if (!seen.has(uri)) {
          seen.add(uri);
          await take(uri, segment);
        }
    want = nextPosition(playlist);
  }
}

/*
 * Follows camera `name` until `enough(frames)`: frames are { ms, key, bytes,
 * map, cc }, the bytes in Annex B, `cc` counting discontinuities. How good the
 * playlists are is what tests/e2e judges, on a machine that is not emulated.
 */
export async function watch(guest, name, enough, { timeout = 90000 } = {}) {
  const client = new Client(`http://127.0.0.1:${guest.port}/${name}/`);
  const inits = new Map();
  const frames = [];
  const get = async (uri) => {
    const { status, body } = await client.get(uri);
    if (status !== 200)
      throw new Error(`${name}: ${uri}: ${status} ${body}`);
    return body;
  };

  await follow(client, async (uri, { map, cc }) => {
    if (!inits.has(map))
      inits.set(map, readInit(await get(map)));
    const init = inits.get(map);
    for (const sample of readPart(await get(uri)))
      frames.push({
        ms: (sample.pts * 1000) / init.timescale, key: sample.key, map, cc,
        bytes: annexb(init, sample),
      });
  }, () => enough(frames), performance.now() + timeout);
  client.close();
  return frames;
}

/* Decodes Annex B of `width` x `height`: the pictures, planar 4:2:0. */
export function decode(bytes, width, height) {
  const size = (width * height * 3) / 2;
  const { status, stdout, stderr } = spawnSync('ffmpeg', [
    '-v', 'error', '-f', 'h264', '-i', '-', '-fps_mode', 'passthrough',
    '-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-',
  ], { input: bytes, maxBuffer: 4 << 30 });

  if (status !== 0 || stderr.length)
    throw new Error(`ffmpeg: ${stderr.toString().slice(0, 1000)}`);
  return cut(stdout, size);
}

export function cut(bytes, size) {
  const pictures = [];
  for (let at = 0; at < bytes.length; at += size)
    pictures.push(bytes.subarray(at, at + size));
  return pictures;
}

/* What the test device's scaler makes of a picture: nearest neighbour. */
export function scale(picture, [width, height], [toWidth, toHeight]) {
  const out = Buffer.alloc((toWidth * toHeight * 3) / 2);
  let from = 0;
  let to = 0;
  for (const part of [1, 2, 2]) {
    const [w, h, tw, th] = [width, height, toWidth, toHeight]
      .map((n) => n / part);
    for (let y = 0; y < th; y++)
      for (let x = 0; x < tw; x++)
        out[to + y * tw + x] = picture[
          from + Math.floor((y * h) / th) * w + Math.floor((x * w) / tw)];
    from += w * h;
    to += tw * th;
  }
  return out;
}
