// SPDX-License-Identifier: MIT
/*
 * One attempt to play the camera's stream in a <video>: by hls.js where there
 * is Media Source (or Apple's managed one), by the browser itself elsewhere.
 * It is cheap to close and to open anew, which is how the page recovers; so
 * retries in here are few and quick.
 */
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

class HlsStream {
  constructor(video, onFailed) {
    this.video = video;
    this.hls = new window.Hls(HLS_SETTINGS);
    this.stalls = 0;
    this.hls.on(window.Hls.Events.ERROR, (event, data) => {
      if (data.details === window.Hls.ErrorDetails.BUFFER_STALLED_ERROR)
        this.stalls++;
      if (data.fatal)
        onFailed(data.details);
    });
    this.hls.loadSource(PLAYLIST);
    this.hls.attachMedia(video);
  }

  /* When the camera took what is shown now (Unix time, ms), or null. */
  get shownDate() {
    return this.hls.playingDate?.getTime() ?? null;
  }

  /* Seconds behind where it should play. */
  get behind() {
    return this.hls.liveSyncPosition === null
      ? 0 : this.hls.liveSyncPosition - this.video.currentTime;
  }

  jumpToLive() {
    if (this.hls.liveSyncPosition !== null)
      this.video.currentTime = this.hls.liveSyncPosition;
  }

  /* Gives up the distance that earlier stalls have added. */
  forgiveStalls() {
    const wanted = this.hls.latestLevelDetails?.partHoldBack;
    if (this.stalls > 0 && wanted)
      this.hls.targetLatency = wanted;
    this.stalls = 0;
  }

  close() {
    this.hls.destroy();
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

/*
 * Starts to play in `video`; onFailed(reason) is called when it gave up.
 * null: this browser can do neither.
 */
export function openStream(video, onFailed) {
  if (window.Hls?.isSupported())
    return new HlsStream(video, onFailed);
  if (video.canPlayType('application/vnd.apple.mpegurl'))
    return new NativeStream(video, onFailed);
  return null;
}
