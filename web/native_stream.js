// SPDX-License-Identifier: MIT
/* The stream of stream.js where the browser plays HLS itself, as it likes. */
const PLAYLIST = 'index.m3u8';

export class NativeStream {
  constructor(video, onFailed) {
    this.kind = 'the browser';
    this.video = video;
    this.bitrate = NaN;
    this.stalls = 0;
    this.following = true;
    this.closed = new AbortController();
    video.addEventListener('waiting', () => this.stalls++,
                           { signal: this.closed.signal });
    video.addEventListener('error', () => onFailed('native'),
                           { signal: this.closed.signal });
    video.src = PLAYLIST;
  }

  get shownDate() {
    const start = this.video.getStartDate?.().getTime();
    return Number.isFinite(start)
      ? start + this.video.currentTime * 1000 : null;
  }

  get distance() {
    const { seekable, currentTime } = this.video;
    return seekable.length
      ? seekable.end(seekable.length - 1) - currentTime : 0;
  }

  get behind() {
    return this.following ? this.distance : 0;
  }

  get past() {
    return this.following ? 0 : this.distance;
  }

  seekBy(seconds) {
    if (this.following && seconds > 0)
      return;
    if (seconds > this.distance - 1) {
      this.jumpToLive();
      return;
    }
    this.following = false;
    this.video.currentTime += seconds; // the browser keeps it in its bounds
  }

  rest() {} // the browser decides

  wake() {}

  jumpToLive() {
    const { seekable } = this.video;

    this.following = true;
    if (seekable.length)
      this.video.currentTime = seekable.end(seekable.length - 1);
  }

  forgiveStalls() {}

  close() {
    this.closed.abort();
    this.video.removeAttribute('src');
    this.video.load();
  }
}
