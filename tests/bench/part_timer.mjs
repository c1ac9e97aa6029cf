// SPDX-License-Identifier: MIT
/*
 * A player without a picture: it asks for each part that a playlist hints at
 * or lists, and for the playlist behind it, and notes when a part was there. The clock
 * is the one of traces (common/trace.h).
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { nextPosition, readPlaylist } from '../e2e/playlist_text.mjs';

const now = () => Number(process.hrtime.bigint() / 1000n) / 1000;

export class PartTimer {
  /* `client` as e2e/http.mjs has it, at the camera's folder. */
  constructor(client) {
    this.client = client;
    this.got = new Map(); // "MSN.PART" -> ms
    this.refused = {}; // status -> how often
    this.stopped = false;
    this.asked = new Set(); // URIs
  }

  /* Follows until stop(). */
  begin() {
    this.running = this.#follow();
  }

  async stop() {
    this.stopped = true;
    await this.running;
    this.client.close();
  }

  async #get(path) {
    const { status, body } = await this.client.get(path).catch(
      ({ code }) => ({ status: code ?? 'none' }));

    if (status === 200)
      return body;
    this.refused[status] = (this.refused[status] ?? 0) + 1;
    return null;
  }

  async #take(uri) {
    const place = /-(\d+\.\d+)\.m4s$/.exec(uri)[1];

    this.asked.add(uri);
    if (await this.#get(uri))
      this.got.set(place, now());
  }

  async #follow() {
    let want = '';

    while (!this.stopped) {
      const text = await this.#get(`index.m3u8${want}`);

      if (!text) {
        want = '';
        await sleep(20);
        continue;
      }
      const playlist = readPlaylist(text.toString());
      const next = nextPosition(playlist);

      want = next ? `?_HLS_msn=${next.msn}&_HLS_part=${next.part}` : '';
      for (const { uri } of [...playlist.segments.flatMap(
        ({ parts }) => parts), ...playlist.hints])
        if (!this.asked.has(uri))
          this.#take(uri);
    }
  }
}
