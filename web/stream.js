// SPDX-License-Identifier: MIT
/*
 * One attempt to play the camera's stream in a <video>: part by part where
 * there is Media Source (or Apple's managed one) and the stream allows it,
 * else by hls.js, else by the browser itself. It is cheap to close and to open
 * anew, which is how the page recovers; so retries in here are few and quick.
 */
import { PartStream } from './part_stream.js';

const PLAYLIST = 'index.m3u8';

/* The relay answers 503 for what may come, 404 for what it lost. */
const RETRY_ANSWERS = [0, 400, 404, 503];

/* iPhones stutter at any playback rate but 1 (hls.js #5527). */
const isApple = /iPhone|iPad|Macintosh.*Safari(?!.*Chrom)/.test(
  navigator.userAgent);

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
  maxLiveSyncPlaybackRate: isApple ? 1 : 1.25,
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
    this.video = video;
    this.hls = null;
    this.closed = false;
    this.stalls = 0;
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
    this.hls.loadSource(PLAYLIST);
    this.hls.attachMedia(this.video);
  }

  get shownDate() {
    return this.hls?.playingDate?.getTime() ?? null;
  }

  get behind() {
    const wanted = this.hls?.liveSyncPosition ?? null;

    return wanted === null ? 0 : wanted - this.video.currentTime;
  }

  jumpToLive() {
    const wanted = this.hls?.liveSyncPosition ?? null;

    if (wanted !== null)
      this.video.currentTime = wanted;
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
    this.video = video;
    this.closed = new AbortController();
    video.addEventListener('error', () => onFailed('native'),
                           { signal: this.closed.signal });
    video.src = PLAYLIST;
  }

  get shownDate() {
    const start = this.video.getStartDate?.().getTime();
    return Number.isFinite(start)
      ? start + this.video.currentTime * 1000 : null;
  }

  get behind() {
    const { seekable, currentTime } = this.video;
    return seekable.length
      ? seekable.end(seekable.length - 1) - currentTime : 0;
  }

  jumpToLive() {
    const { seekable } = this.video;
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
let partsAllowed = PartStream.isSupported && wanted !== 'hls';

/*
 * Starts to play in `video`; onFailed(reason) is called when it gave up.
 * null: this browser can do none of it. A stream has
 *   shownDate        when the camera took what is shown (Unix ms), or null
 *   behind           seconds behind where it should play
 *   stalls           how often it ran dry
 *   jumpToLive()     skips to where it should play
 *   forgiveStalls()  gives up the distance that earlier stalls have added
 *   close()
 */
export function openStream(video, onFailed) {
  if (partsAllowed)
    return new PartStream(video, (reason, forGood) => {
      partsAllowed = !forGood;
      onFailed(reason);
    });
  if (window.MediaSource || window.ManagedMediaSource)
    return new HlsStream(video, onFailed);
  if (video.canPlayType('application/vnd.apple.mpegurl'))
    return new NativeStream(video, onFailed);
  return null;
}
