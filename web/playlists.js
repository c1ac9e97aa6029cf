// SPDX-License-Identifier: MIT
/*
 * The playlists of a stream, one after the other: each is asked for before it
 * exists, and the relay answers when it names the part that was asked for.
 * Where an answer is longer on its way than a part lasts, waiting for one
 * before the next is asked for would fall behind: then several are asked for
 * at a time. On a near relay it is one, since browsers have few connections.
 */
import { readPlaylist } from './m3u8.js';
import { unplayable } from './part_buffer.js';

const MOST_AHEAD = 3;

const isBefore = (a, b) => a.msn < b.msn ||
  (a.msn === b.msn && a.part < b.part);

export class Playlists {
  constructor(loader) {
    this.loader = loader;
    this.forget();
  }

  /* What was asked for is of no use any more. */
  forget() {
    this.coming = []; // { list: promise, came: false }
    this.asked = null; // { msn, part }: the furthest
    this.list = null; // the newest that was read
  }

  async #read(query) {
    const list = readPlaylist(await this.loader.playlist(query));

    if (!list.hasParts)
      throw unplayable('no parts in the playlist');
    this.loader.targetDuration = list.targetDuration;
    // A hint may not come true.
    this.loader.keep((uri) => uri === list.hint ||
      list.parts.some((part) => uri === part.uri || uri === part.map));
    return list;
  }

  /* As it is now. */
  async newest() {
    this.forget();
    this.list = await this.#read('');
    return this.list;
  }

  /* Whether the next one is here, so that it need not be waited for. */
  get hasCome() {
    return this.coming[0]?.came ?? false;
  }

  get #depth() {
    const parts = this.loader.delay / (this.list.partTarget * 1000);

    return Math.max(1, Math.min(MOST_AHEAD, Math.ceil(parts || 0)));
  }

  /*
   * Asks for what follows the newest. Which part is a segment's last is not
   * known: one behind it stands for the first of the next segment.
   */
  ask() {
    const { next } = this.list;

    if (!this.asked || isBefore(this.asked, next))
      this.asked = { msn: next.msn,
                     part: this.coming.length ? next.part : next.part - 1 };
    while (this.coming.length < this.#depth) {
      this.asked.part++;
      const { msn, part } = this.asked;
      const one = { list: this.#read(`?_HLS_msn=${msn}&_HLS_part=${part}`),
                    came: false };
      one.list.then(() => { one.came = true; }, () => {});
      this.coming.push(one);
    }
  }

  /* The next one that names more, after ask(). */
  async next() {
    for (;;) {
      const list = await this.coming.shift().list;

      if (isBefore(this.list.next, list.next) || list.ended) {
        this.list = list;
        return list;
      }
      this.ask();
    }
  }
}
