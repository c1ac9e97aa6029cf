// SPDX-License-Identifier: MIT
/*
 * What a <video> has to play: a Media Source with one track, on a timeline
 * without a hole whatever comes. Where the browser only has Apple's managed
 * kind (iPhones), that is used, and onWanted(false) tells that it wants
 * nothing more for now.
 */
import { readDecodeTime, readInit } from './mp4.js';

const MediaSourceClass = window.ManagedMediaSource ?? window.MediaSource;

/*
 * Something that another try does not cure; another player might, but for a
 * codec not one that uses Media Source.
 */
export const unplayable = (message, { codec = false } = {}) =>
  Object.assign(new Error(message), { forGood: true, codec });

export class PartBuffer {
  static get isSupported() {
    return MediaSourceClass !== undefined;
  }

  constructor(video, onWanted) {
    this.video = video;
    this.onWanted = onWanted;
    this.codec = null;
    this.end = 0; // of what was appended, even if the browser dropped it
    this.source = new MediaSourceClass();
    this.opened = this.#open(); // takes a while: meanwhile the init is fetched
  }

  get isEmpty() {
    return !this.buffer?.buffered.length;
  }

  /* Seconds on the video's timeline. */
  get start() {
    return this.isEmpty ? 0 : this.buffer.buffered.start(0);
  }

  get edge() {
    const { buffered } = this.buffer;

    if (buffered.length)
      this.end = buffered.end(buffered.length - 1);
    return this.end;
  }

  async #open() {
    // A managed source opens only where the picture cannot be sent elsewhere.
    this.video.disableRemotePlayback = true;
    this.video.src = URL.createObjectURL(this.source);
    await new Promise((resolve) => {
      this.source.addEventListener('sourceopen', resolve, { once: true });
    });
    URL.revokeObjectURL(this.video.src);
    this.source.addEventListener('endstreaming', () => this.onWanted(false));
    this.source.addEventListener('startstreaming', () => this.onWanted(true));
  }

  async #addBuffer(type) {
    await this.opened;
    this.source.duration = Infinity;
    this.buffer = this.source.addSourceBuffer(type);
  }

  /* Does one thing with the buffer and waits until it is done. */
  #update(change) {
    const done = new AbortController();
    const once = { once: true, signal: done.signal };

    return new Promise((resolve, reject) => {
      this.buffer.addEventListener('error', () => {
        reject(new Error('the browser cannot decode a part'));
      }, once);
      this.buffer.addEventListener('updateend', resolve, once);
      change(this.buffer);
    }).finally(() => done.abort());
  }

  /* Parts from now on are of this init segment. */
  async setInit(bytes) {
    const { codec, timescale } = readInit(bytes);
    const type = `video/mp4; codecs="${codec}"`;

    if (!MediaSourceClass.isTypeSupported(type))
      throw unplayable(`cannot play ${type}`, { codec: true });
    if (!this.buffer)
      await this.#addBuffer(type);
    else if (codec !== this.codec)
      this.buffer.changeType(type);
    await this.#update((buffer) => buffer.appendBuffer(bytes));
    this.codec = codec;
    this.timescale = timescale;
  }

  /*
   * Appends a part and resolves to its place on the timeline. `joined`: it
   * continues the one before it; else its clock may be any, and it goes where
   * the buffer ends.
   */
  async append(bytes, joined) {
    const time = readDecodeTime(bytes) / this.timescale;

    if (!joined)
      this.buffer.timestampOffset = this.edge - time;
    try {
      await this.#update((buffer) => buffer.appendBuffer(bytes));
    } catch (error) {
      if (error.name !== 'QuotaExceededError')
        throw error;
      await this.forget(this.video.currentTime - 1);
      await this.#update((buffer) => buffer.appendBuffer(bytes));
    }
    return time + this.buffer.timestampOffset;
  }

  /* Drops what is older than `time`. */
  async forget(time) {
    if (!this.isEmpty && this.start < time)
      await this.#update((buffer) => buffer.remove(0, time));
  }
}
