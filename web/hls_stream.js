// SPDX-License-Identifier: MIT
/*
 * The stream of stream.js by hls.js, which is large and therefore only fetched
 * when it is needed.
 */
const PLAYLIST = 'index.m3u8';
const RETRY_DELAY = 250; // ms, about
const MOST_RETRY_DELAY = 2000;

/* 503: what may come; 404: what was lost; 429: too much at once. */
const RETRY_ANSWERS = [0, 400, 404, 429, 503];

const CATCH_UP = 1.25;

function loadPolicy({ firstByte, whole, tries }) {
  const retry = {
    maxNumRetry: tries,
    // hls.js doubles it, and leaves nothing to chance.
    retryDelayMs: RETRY_DELAY * (0.5 + Math.random()),
    maxRetryDelayMs: MOST_RETRY_DELAY * (0.5 + Math.random()),
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

const SETTINGS = {
  lowLatencyMode: true,
  // Where to play is PART-HOLD-BACK: the camera knows what its parts bear.
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

export class HlsStream {
  /* `steady`: only ever play at rate 1. */
  constructor(video, onFailed, { steady }) {
    this.kind = 'hls.js';
    this.video = video;
    this.hls = null;
    this.closed = false;
    this.catchUp = steady ? 1 : CATCH_UP;
    this.stalls = 0;
    this.following = true;
    this.bitrate = NaN;
    import('./hls.min.mjs').then(
      ({ default: Hls }) => {
        if (!this.closed)
          this.open(Hls, onFailed);
      },
      () => {
        if (!this.closed)
          onFailed('hls.js cannot be loaded');
      });
  }

  open(Hls, onFailed) {
    this.hls = new Hls({ ...SETTINGS,
                         maxLiveSyncPlaybackRate: this.catchUp });
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
      this.hls.config.maxLiveSyncPlaybackRate = following ? this.catchUp : 1;
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
