// SPDX-License-Identifier: MIT
/*
 * One attempt to play the camera's stream in a <video>: part by part where
 * there is Media Source (or Apple's managed one) and the stream allows it,
 * else by hls.js, else by the browser itself. It is cheap to close and to open
 * anew, which is how the page recovers; so retries in here are few and quick.
 */
import { HlsStream } from './hls_stream.js';
import { NativeStream } from './native_stream.js';
import { PartStream } from './part_stream.js';

/* iPhones stutter at any playback rate but 1 (hls.js #5527). */
const isApple = /iPhone|iPad|Macintosh.*Safari(?!.*Chrom)/.test(
  navigator.userAgent);

/* `?player=hls` is for comparing the two. */
const wanted = new URLSearchParams(location.search).get('player');
const MOST_FAILURES = 3; // without a picture in between
let partsAllowed = PartStream.isSupported && wanted !== 'hls';
let mediaSourceAllowed = Boolean(window.MediaSource ??
                                 window.ManagedMediaSource);
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
  const steady = isApple;

  if (partsAllowed) {
    const stream = new PartStream(video, (error) => {
      failures = stream.started ? 0 : failures + 1;
      // What only the camera's parts can be blamed for.
      if (error.forGood || (video.error && failures >= MOST_FAILURES))
        partsAllowed = false;
      if (error.codec)
        mediaSourceAllowed = false;
      onFailed(error.message);
    }, { steady });
    return stream;
  }
  if (mediaSourceAllowed)
    return new HlsStream(video, onFailed, { steady });
  if (video.canPlayType('application/vnd.apple.mpegurl'))
    return new NativeStream(video, onFailed);
  return null;
}
