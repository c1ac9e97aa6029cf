// SPDX-License-Identifier: MIT
/*
 * One attempt to play the camera's stream in a <video>: part by part where
 * there is Media Source (or Apple's managed one) and the stream allows it,
 * else by hls.js, else by the browser itself. It is cheap to close and to open
 * anew, which is how the page recovers; so retries in here are few and quick.
 */
import { PartStream } from './part_stream.js';

const PLAYLIST = 'index.m3u8';

/* 503: what may come; 404: what was lost; 429: too much at once. */
const RETRY_ANSWERS = [0, 400, 404, 429, 503];

/* iPhones stutter at any playback rate but 1 (hls.js #5527). */
const isApple = /iPhone|iPad|Macintosh.*Safari(?!.*Chrom)/.test(
  navigator.userAgent);

const CATCH_UP = isApple ? 1 : 1.25;

function loadPolicy({ firstByte, whole, tries }) {
  const retry = {
    maxNumRetry: tries,
    retryDelayMs: 250,
    maxRetryDelayMs: 2000,
    shouldRetry: (config, count, isTimeout, response, wanted) => wanted ||
      (count < config.maxNumRetry && RETRY_ANSWERS.includes(response?.code)),
  };
  return {
    default: {
      maxTimeToFirstByteMs: firstByte,
      maxLoadTimeMs: whole,
      timeoutRetry: { ...retry, retryDelayMs: 0 },
      errorRetry: retry,
    },
  };
}

const HLS_SETTINGS = {
  lowLatencyMode: true,
  // Where to play is PART-HOLD-BACK: the camera knows what its parts bear.
  maxLiveSyncPlaybackRate: CATCH_UP,
  liveSyncOnStallIncrease: 0.1,
  liveDurationInfinity: true,
  backBufferLength: 10,
  maxBufferLength: 10,
  capLevelToPlayerSize: false,
  enableInterstitialPlayback: false,
  manifestLoadPolicy: loadPolicy({ firstByte: 8000, whole: 10000, tries: 4 }),
  playlistLoadPolicy: loadPolicy({ firstByte: 8000, whole: 10000, tries: 8 }),
  fragLoadPolicy: loadPolicy({ firstByte: 5000, whole: 20000, tries: 4 }),
};

/* By hls.js, which is large and therefore only fetched when it is needed. */
class HlsStream {
  constructor(video, onFailed) {
    this.kind = 'hls.js';
    this.video = video;
    this.hls = null;
    this.closed = false;
    this.stalls = 0;
    this.following = true;
    this.bitrate = NaN;
    import('./hls.min.mjs').then(
      ({ default: Hls }) => {
        if (!this.closed)
          this.open(Hls, onFailed);
      },
      () => onFailed('hls.js cannot be loaded'));
  }

  open(Hls, onFailed) {
    this.hls = new Hls(HLS_SETTINGS);
    this.hls.on(Hls.Events.ERROR, (event, data) => {
      if (data.details === Hls.ErrorDetails.BUFFER_STALLED_ERROR)
        this.stalls++;
      if (data.fatal)
        onFailed(data.details);
    });
    this.hls.on(Hls.Events.FRAG_BUFFERED, (event, { stats, frag, part }) => {
      this.bitrate = (stats.total * 8) / (part ?? frag).duration;
    });
    this.hls.loadSource(PLAYLIST);
    this.hls.attachMedia(this.video);
  }

  get shownDate() {
    return this.hls?.playingDate?.getTime() ?? null;
  }

  get distance() {
    const wanted = this.hls?.liveSyncPosition ?? null;

    return wanted === null ? 0 : wanted - this.video.currentTime;
  }

  get behind() {
    return this.following ? this.distance : 0;
  }

  get past() {
    return this.following ? 0 : Math.max(0, this.distance);
  }

  #follow(following) {
    this.following = following;
    if (this.hls)
      this.hls.config.maxLiveSyncPlaybackRate = following ? CATCH_UP : 1;
  }

  jumpToLive() {
    const wanted = this.hls?.liveSyncPosition ?? null;

    this.#follow(true);
    if (wanted !== null)
      this.video.currentTime = wanted;
  }

  seekBy(seconds) {
    const { currentTime, seekable } = this.video;

    if (!seekable.length || (this.following && seconds > 0))
      return;
    if (seconds > this.distance) {
      this.jumpToLive();
      return;
    }
    this.#follow(false);
    this.video.currentTime = Math.max(seekable.start(0) + 0.1,
                                      currentTime + seconds);
  }

  rest() {
    this.hls?.stopLoad();
  }

  wake() {
    this.hls?.startLoad();
  }

  forgiveStalls() {
    const wanted = this.hls?.latestLevelDetails?.partHoldBack;

    if (this.stalls > 0 && wanted)
      this.hls.targetLatency = wanted;
    this.stalls = 0;
  }

  close() {
    this.closed = true;
    this.hls?.destroy();
  }
}

class NativeStream {
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

/* `?player=hls` is for comparing the two. */
const wanted = new URLSearchParams(location.search).get('player');
const MOST_FAILURES = 3; // without a picture in between
let partsAllowed = PartStream.isSupported && wanted !== 'hls';
let failures = 0;

/*
 * Starts to play in `video`; onFailed(reason) is called when it gave up.
 * null: this browser can do none of it. A stream has
 *   kind             who plays
 *   shownDate        when the camera took what is shown (Unix ms), or null
 *   behind           seconds behind where it should play
 *   past             seconds behind the live edge that the viewer went back
 *   bitrate          of the newest pictures (bit/s), or NaN
 *   stalls           how often it ran dry
 *   jumpToLive()     skips to where it should play
 *   seekBy(seconds)  goes back or forward; forward ends at the live edge
 *   forgiveStalls()  gives up the distance that earlier stalls have added
 *   rest(), wake()   stops to download, and goes on
 *   close()
 */
export function openStream(video, onFailed) {
  if (partsAllowed) {
    const stream = new PartStream(video, (reason, forGood) => {
      failures = stream.started ? 0 : failures + 1;
      // What only the camera's parts can be blamed for.
      if (forGood || (video.error && failures >= MOST_FAILURES))
        partsAllowed = false;
      onFailed(reason);
    }, { steady: isApple });
    return stream;
  }
  if (window.MediaSource || window.ManagedMediaSource)
    return new HlsStream(video, onFailed);
  if (video.canPlayType('application/vnd.apple.mpegurl'))
    return new NativeStream(video, onFailed);
  return null;
}
