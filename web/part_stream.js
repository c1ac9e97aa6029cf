// SPDX-License-Identifier: MIT
/*
 * Plays the parts of a low-latency stream in a <video> through Media Source,
 * each as soon as the camera has made it: the hinted part is asked for before
 * it exists, beside the playlist that will list it. Only standard LL-HLS is
 * spoken; what this does not understand (no parts, no independent part near
 * the edge, another codec) is left to hls.js.
 */
import { readPlaylist } from './m3u8.js';
import { readDecodeTime, readInit } from './mp4.js';
import { Pace } from './pace.js';

const PLAYLIST = 'index.m3u8';
const KEEP = 10; // seconds behind the picture that stay in the buffer
const PATIENCE = 10000; // ms for any one answer; the relay holds up to 6 s

const MediaSourceClass = window.ManagedMediaSource ?? window.MediaSource;

const after = (position, than) => position.msn > than.msn ||
  (position.msn === than.msn && position.part > than.part);

export class PartStream {
  static get isSupported() {
    return MediaSourceClass !== undefined;
  }

  /* onFailed(reason, forGood): forGood, another player should try. */
  constructor(video, onFailed) {
    this.video = video;
    this.closed = new AbortController();
    this.pace = new Pace();
    this.stalls = 0;
    this.fetched = new Map(); // URI -> promise of bytes asked for early
    this.dates = []; // { time, date }, ascending: what was appended
    this.started = false;
    video.addEventListener('waiting', () => this.stalled(),
                           { signal: this.closed.signal });
    this.run().catch((error) => {
      if (!this.closed.signal.aborted)
        onFailed(error.message, error.forGood === true);
    });
  }

  /* --- what the page asks -------------------------------------------------- */

  get shownDate() {
    const { currentTime } = this.video;
    const at = this.dates.findLast(({ time }) => time <= currentTime + 0.001);

    return at ? at.date + (currentTime - at.time) * 1000 : null;
  }

  get behind() {
    return this.started
      ? this.edge - this.video.currentTime - this.distance : 0;
  }

  jumpToLive() {
    if (!this.started)
      return;
    this.pace.forget();
    this.video.currentTime = Math.max(this.edge - this.distance,
                                      this.video.currentTime);
  }

  forgiveStalls() {}

  close() {
    this.closed.abort();
    this.video.playbackRate = 1;
    this.video.removeAttribute('src');
    this.video.load();
  }

  /* --- the buffer ---------------------------------------------------------- */

  get edge() {
    const { buffered } = this.buffer;

    return buffered.length ? buffered.end(buffered.length - 1) : 0;
  }

  /* How far from the edge to play just after a part was appended. */
  get distance() {
    return this.partTarget + this.pace.margin;
  }

  stalled() {
    if (!this.started || this.video.seeking)
      return;
    this.stalls++;
    this.pace.stalled(performance.now() / 1000);
  }

  async open(init) {
    const source = new MediaSourceClass();
    const type = `video/mp4; codecs="${init.codec}"`;

    if (!MediaSourceClass.isTypeSupported(type))
      throw Object.assign(new Error(`cannot play ${type}`), { forGood: true });
    this.video.src = URL.createObjectURL(source);
    await new Promise((resolve) => {
      source.addEventListener('sourceopen', resolve, { once: true });
    });
    URL.revokeObjectURL(this.video.src);
    source.duration = Infinity;
    this.buffer = source.addSourceBuffer(type);
  }

  /* Does one thing with the buffer and waits until it is done. */
  update(change) {
    return new Promise((resolve, reject) => {
      this.buffer.addEventListener('updateend', resolve, { once: true });
      this.buffer.addEventListener('error', () => {
        reject(new Error('the browser cannot decode a part'));
      }, { once: true });
      change(this.buffer);
    });
  }

  async switchInit(part) {
    const bytes = await this.get(part.map);
    const init = readInit(bytes);

    if (!this.buffer)
      await this.open(init);
    await this.update((buffer) => buffer.appendBuffer(bytes));
    this.timescale = init.timescale;
    this.map = part.map;
  }

  async append(part) {
    const bytes = await this.get(part.uri);
    let time;

    if (part.map !== this.map)
      await this.switchInit(part);
    time = readDecodeTime(bytes) / this.timescale;
    if (part.discontinuity !== this.discontinuity) {
      // Its clock may be any: it goes on where the buffer ends.
      this.buffer.timestampOffset = this.edge - time;
      this.discontinuity = part.discontinuity;
    }
    if (this.started)
      this.steer();
    await this.update((buffer) => buffer.appendBuffer(bytes));
    this.dates.push({ time: time + this.buffer.timestampOffset,
                      date: part.date });
    this.last = part;
  }

  /* Just before an append: what is left to play is what counts. */
  steer() {
    const { video } = this;

    if (video.paused || video.seeking)
      return;
    this.pace.sample(performance.now() / 1000, this.edge - video.currentTime);
    const { rate, jump } = this.pace.advice();
    if (jump > 0) {
      this.pace.forget();
      video.currentTime += jump;
    }
    if (video.playbackRate !== rate)
      video.playbackRate = rate;
  }

  async forget() {
    const from = this.video.currentTime - KEEP;

    if (!this.buffer.buffered.length ||
        this.buffer.buffered.start(0) > from - KEEP)
      return;
    await this.update((buffer) => buffer.remove(0, from));
    this.dates = this.dates.filter(({ time }) => time > from);
  }

  /* --- the network --------------------------------------------------------- */

  request(uri, as) {
    return fetch(uri, {
      signal: AbortSignal.any([this.closed.signal,
                               AbortSignal.timeout(PATIENCE)]),
    }).then((response) => {
      if (!response.ok)
        throw new Error(`${response.status} for ${uri}`);
      return response[as]();
    });
  }

  /* Bytes that were asked for already, or are now. */
  get(uri) {
    const early = this.fetched.get(uri);

    this.fetched.delete(uri);
    return early ?? this.request(uri, 'arrayBuffer');
  }

  ask(uri) {
    if (!uri || this.fetched.has(uri))
      return;
    const bytes = this.request(uri, 'arrayBuffer');

    bytes.catch(() => {}); // who needs it will see
    this.fetched.set(uri, bytes);
  }

  async readPlaylist(query) {
    const list = readPlaylist(await this.request(PLAYLIST + query, 'text'));

    for (const uri of this.fetched.keys())
      if (uri !== list.hint && !list.parts.some((p) => p.uri === uri))
        this.fetched.delete(uri); // a hint that did not come true
    return list;
  }

  /* The newest part that a picture can begin with, and those behind it. */
  firstParts(list) {
    const start = list.parts.findLastIndex((part) => part.independent);

    if (start < 0)
      throw Object.assign(new Error('no independent part near the edge'),
                          { forGood: true });
    return list.parts.slice(start);
  }

  newParts(list) {
    const found = list.parts.filter((part) => after(part, this.last));

    // What came in between is not listed any more: begin anew at the edge.
    if (found.length && found[0] === list.parts[0] &&
        found[0].msn > this.last.msn + 1)
      return this.firstParts(list);
    return found;
  }

  async run() {
    let list = await this.readPlaylist('');
    let parts = this.firstParts(list);

    this.ask(parts[0].map);
    while (!this.closed.signal.aborted) {
      const { msn, part } = list.next;

      for (const { uri } of parts)
        this.ask(uri);
      this.ask(list.hint);
      const coming = list.ended
        ? null : this.readPlaylist(`?_HLS_msn=${msn}&_HLS_part=${part}`);
      coming?.catch(() => {});
      this.partTarget = list.partTarget;
      for (const part of parts)
        await this.append(part);
      if (!this.started && this.buffer?.buffered.length)
        this.begin();
      await this.forget();
      if (!coming)
        return;
      list = await coming;
      parts = this.newParts(list);
    }
  }

  /*
   * Shows a picture at once, and goes on from it when the next part comes:
   * what is left to play is then just the margin, wherever between two parts
   * this was.
   */
  begin() {
    const { buffered } = this.buffer;

    this.video.playbackRate = 0;
    this.video.currentTime = Math.max(buffered.start(0),
                                      this.edge - this.pace.margin);
    this.started = true;
  }
}
