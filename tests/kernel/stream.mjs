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

/* The samples of a part, or of a segment, which is parts in a row. */
function samplesOf(bytes) {
  const starts = [];
  for (let at = 0; at < bytes.length; at += bytes.readUInt32BE(at))
    if (bytes.toString('latin1', at + 4, at + 8) === 'moof')
      starts.push(at);
  return starts.flatMap((start, i) =>
    readPart(bytes.subarray(start, starts[i + 1])));
}

class Watcher {
  constructor({ guest, name }) {
    this.name = name;
    this.client = new Client(`http://127.0.0.1:${guest.port}/${name}/`);
    this.inits = new Map();
    this.seen = new Set();
    this.taken = new Map(); // msn -> how many of its frames
    this.frames = [];
  }

  async get(uri) {
    const { status, body } = await this.client.get(uri);
    if (status !== 200)
      throw new Error(`${this.name}: ${uri}: ${status} ${body}`);
    return body;
  }

  /* What `uri` has behind the first `skip` frames. */
  async take({ msn, map, cc }, uri, skip = 0) {
    if (!this.inits.has(map))
      this.inits.set(map, readInit(await this.get(map)));
    const init = this.inits.get(map);
    const samples = samplesOf(await this.get(uri)).slice(skip);
    this.taken.set(msn, (this.taken.get(msn) ?? 0) + samples.length);
    for (const sample of samples)
      this.frames.push({
        ms: (sample.pts * 1000) / init.timescale, key: sample.key, map, cc,
        bytes: annexb(init, sample),
      });
  }

  /* Who is slow finds a segment whose parts are not listed any more. */
  async takeSegment(segment) {
    const { msn } = segment;
    const newest = Math.max(...this.taken.keys());
    // On a machine so busy that the camera has left out what it could not
    // send, the frames are counted from there.
    if (this.taken.size && msn > newest + 1)
      this.frames.length = 0;
    if (segment.parts.length === 0 && segment.uri && msn >= newest &&
        !this.seen.has(segment.uri)) {
      this.seen.add(segment.uri);
      await this.take(segment, segment.uri, this.taken.get(msn));
    }
    for (const { uri } of segment.parts)
      if (!this.seen.has(uri)) {
        this.seen.add(uri);
        await this.take(segment, uri);
      }
  }

  /* One more playlist, and what is new in it. */
  async step() {
    const query = this.want
      ? `?_HLS_msn=${this.want.msn}&_HLS_part=${this.want.part}` : '';
    const { status, body } = await this.client.get(`index.m3u8${query}`);
    if (status !== 200)
      return sleep(200);
    const playlist = readPlaylist(body.toString());
    for (const segment of playlist.segments)
      await this.takeSegment(segment);
    this.want = nextPosition(playlist);
    return undefined;
  }
}

/*
 * Follows a camera until `enough(frames)`: all its frames without a gap, from
 * the oldest one listed on, { ms, key, bytes, map, cc }, the bytes in Annex B,
 * `cc` counting discontinuities. How good playlists are is what tests/e2e judges,
 * on a machine that is not emulated.
 */
export async function watch(camera, enough, { timeout = 120000 } = {}) {
  const watcher = new Watcher(camera);
  const end = performance.now() + timeout;

  while (!enough(watcher.frames)) {
    if (camera.how || performance.now() > end)
      throw new Error(`${watcher.frames.length} frames of ${camera.name}:\n` +
                      camera.log);
    await watcher.step();
  }
  watcher.client.close();
  return watcher.frames;
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
