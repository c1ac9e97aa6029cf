// SPDX-License-Identifier: MIT
/*
 * Plays the parts of a low-latency stream in a <video> through Media Source,
 * each as soon as the camera has made it: the hinted part is asked for before
 * it exists, beside the playlist that will list it. Only standard LL-HLS is
 * spoken; what this does not understand (no parts, no independent part near
 * the edge, another codec) is left to hls.js.
 */
import { retryPause } from './backoff.js';
import { Loader } from './loader.js';
import { followsOn, newestStart } from './m3u8.js';
import { Pace } from './pace.js';
import { PartBuffer, unplayable } from './part_buffer.js';
import { Playlists } from './playlists.js';

const KEEP = 30; // seconds behind the picture that one can go back
const SLACK = 10; // more than those, so that it is not cut each time
const TRIES = 4; // in place, before the whole player is started anew
const TRY_PAUSE = 150; // ms, about, times the number of the try
const LITTLE = 0.05; // seconds that are not worth a seek
const UNSTEERED = 1; // seconds at most, when parts only come in bursts
const SAMPLES = 25; // parts that the bitrate is taken from

const sleep = (ms) => new Promise((wake) => { setTimeout(wake, ms); });

export class PartStream {
  static get isSupported() {
    return PartBuffer.isSupported && AbortSignal.any !== undefined;
  }

  /*
   * onFailed(error): `forGood`, another player should try; `codec`, none with
   * Media Source. `steady`: only ever play at rate 1.
   */
  constructor(video, onFailed, { steady = false } = {}) {
    this.kind = 'this page';
    this.video = video;
    this.closed = new AbortController();
    this.loader = new Loader();
    this.playlists = new Playlists(this.loader);
    this.buffer = new PartBuffer(video,
      (wanted) => (wanted ? this.wake() : this.rest()));
    this.pace = new Pace({ steady });
    this.stalls = 0;
    this.dates = []; // { time, date }, ascending: what was appended
    this.sizes = []; // { bytes, duration } of the newest parts
    this.started = false;
    this.awaited = false; // the next part was not there when we were ready
    this.steeredAt = 0;
    this.following = true; // the live edge; else the viewer has gone back
    this.resting = null; // { over, wake }: nothing is downloaded
    this.last = null; // part that was appended
    video.addEventListener('waiting', () => this.stalled(),
                           { signal: this.closed.signal });
    this.run().catch((error) => {
      if (!this.closed.signal.aborted)
        onFailed(error);
    });
  }

  /* --- what the page asks -------------------------------------------------- */

  get shownDate() {
    const { currentTime } = this.video;
    const at = this.dates.findLast(({ time }) => time <= currentTime + 0.001);

    return at ? at.date + (currentTime - at.time) * 1000 : null;
  }

  get behind() {
    return this.started && this.following
      ? this.liveTime - this.video.currentTime : 0;
  }

  get past() {
    return this.following ? 0
      : Math.max(0, this.liveTime - this.video.currentTime);
  }

  get bitrate() {
    const sum = (name) => this.sizes.reduce((n, part) => n + part[name], 0);

    return this.sizes.length ? (sum('bytes') * 8) / sum('duration') : NaN;
  }

  jumpToLive() {
    if (!this.started)
      return;
    this.following = true;
    this.pace.forget();
    this.video.currentTime = Math.max(this.liveTime, this.video.currentTime);
  }

  seekBy(seconds) {
    const time = this.video.currentTime + seconds;

    if (!this.started || (this.following && seconds > 0))
      return;
    if (time > this.liveTime - 0.3) {
      this.jumpToLive();
      return;
    }
    this.following = false;
    this.pace.forget();
    this.video.playbackRate = 1;
    this.video.currentTime = Math.max(this.buffer.start + 0.1, time);
  }

  forgiveStalls() {}

  /* Downloads nothing, until wake(); what is in the buffer stays. */
  rest() {
    if (this.resting)
      return;
    this.resting = {};
    this.resting.over = new Promise((wake) => { this.resting.wake = wake; });
  }

  wake() {
    this.resting?.wake();
    this.resting = null;
  }

  close() {
    this.closed.abort();
    this.loader.close();
    this.video.playbackRate = 1;
    this.video.removeAttribute('src');
    this.video.load();
  }

  /* --- where to play ------------------------------------------------------- */

  /* Just after a part was appended, this is where the picture should be. */
  get liveTime() {
    return this.buffer.edge - this.partTarget - this.pace.margin;
  }

  stalled() {
    const { seeking, playbackRate } = this.video;

    if (!this.started || seeking || playbackRate === 0)
      return;
    this.stalls++;
    this.pace.stalled(performance.now() / 1000);
  }

  /*
   * Just before an append: what is left to play is what counts, unless more
   * has come already.
   */
  steer() {
    const { video } = this;
    const now = performance.now() / 1000;
    const wasDry = this.pace.fed(now, this.partTarget);

    if (wasDry || video.paused || video.seeking || !this.following ||
        (!this.awaited && now - this.steeredAt < UNSTEERED))
      return;
    this.steeredAt = now;
    this.pace.sample(now, this.buffer.edge - video.currentTime);
    const { rate, jump } = this.pace.advice();
    if (jump > 0) {
      this.pace.forget();
      video.currentTime += jump;
    }
    if (video.playbackRate !== rate)
      video.playbackRate = rate;
  }

  /*
   * Shows a picture at once, and goes on from the newest when a part comes that
   * was waited for: what is left to play is then just the margin, wherever
   * between two parts this was, and whatever came in the meantime.
   */
  begin() {
    const { video, buffer } = this;
    const time = Math.max(buffer.start, buffer.edge - this.pace.margin);

    if (this.started && (video.paused || time - video.currentTime < LITTLE))
      return;
    if (!this.started)
      this.steeredAt = performance.now() / 1000;
    video.playbackRate = 0;
    video.currentTime = time;
    this.started = true;
  }

  async append(part) {
    const bytes = await this.loader.get(part.uri);
    const joined = part.discontinuity === this.last?.discontinuity;

    if (part.map !== this.map)
      await this.buffer.setInit(await this.loader.get(part.map));
    this.map = part.map;
    if (this.started)
      this.steer();
    const time = await this.buffer.append(bytes, joined);
    this.dates.push({ time, date: part.date });
    this.sizes.push({ bytes: bytes.byteLength, duration: part.duration });
    if (this.sizes.length > SAMPLES)
      this.sizes.shift();
    this.last = part;
    this.tries = 0;
  }

  async forget() {
    const from = this.video.currentTime - KEEP;

    if (this.buffer.start > from - SLACK)
      return;
    await this.buffer.forget(from);
    this.dates = this.dates.filter(({ time }) => time > from);
  }

  /* --- the network --------------------------------------------------------- */

  /* Parts to append: the next ones, or where a picture can begin anew. */
  newParts(list) {
    const next = this.last && followsOn(list, this.last);

    if (next)
      return next;
    const parts = newestStart(list);
    if (!parts.length)
      throw unplayable('no independent part near the edge');
    this.last = null; // nothing that what comes could be joined to
    return parts;
  }

  /* Appends what comes, until the stream ends or something fails. */
  async follow() {
    const { loader, playlists } = this;
    let list = await playlists.newest();

    while (!this.closed.signal.aborted) {
      const parts = this.newParts(list);

      if (!this.map && parts.length)
        loader.ask(parts[0].map);
      for (const { uri } of parts)
        loader.ask(uri);
      loader.ask(list.hint, true);
      if (!list.ended && !this.resting)
        playlists.ask();
      this.partTarget = list.partTarget;
      for (const one of parts) {
        await this.append(one);
        this.awaited = false; // those behind it came with it
      }
      if (this.last && (this.video.playbackRate === 0 || !this.started))
        this.begin();
      this.awaited = !playlists.hasCome;
      await this.forget();
      if (list.ended)
        return;
      const { resting } = this;
      await resting?.over;
      list = await (resting || !playlists.coming.length
        ? playlists.newest() : playlists.next());
    }
  }

  /* The network may fail for a moment without the picture being lost. */
  async run() {
    this.tries = 0;
    for (;;) {
      try {
        return await this.follow();
      } catch (error) {
        this.tries++;
        if (this.closed.signal.aborted || error.forGood || !this.started ||
            this.video.error || this.tries > TRIES)
          throw error;
        this.loader.keep(() => false);
        await sleep(retryPause({ tries: this.tries, first: TRY_PAUSE,
                                 seconds: error.retryAfter }));
      }
    }
  }
}
