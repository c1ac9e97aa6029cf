// SPDX-License-Identifier: MIT
/*
 * Fetches the playlist and the media of one stream. What will be needed is
 * asked for before it is there (the relay holds such a request), and taken
 * back when it will not come after all.
 *
 * We lose patience before the relay does: what it answers then is an error,
 * and browsers log these whatever a page makes of them.
 */
const PLAYLIST = 'index.m3u8';
const PATIENCE = 10000; // ms for bytes that are there
const FIRST_PATIENCE = 11500; // for a playlist that a sleeping camera may bring
const PLAYLIST_PATIENCE = 3500; // for the next one
const MOST_SECONDS = 10; // that we let it put us off
const TARGETS = 2; // the relay waits three target durations for a part

/* When the relay wants to be asked again (RFC 9110 10.2.3); 0: it said nothing. */
function secondsOf(response) {
  return Math.min(Number(response.headers.get('Retry-After')) || 0,
                  MOST_SECONDS);
}

export class Loader {
  constructor() {
    this.closed = new AbortController();
    this.asked = new Map(); // URI -> { bytes: promise, abort() }
    this.wait = PLAYLIST_PATIENCE; // for what does not exist yet
    this.delay = NaN; // ms until an answer, of what exists; the least so far
  }

  /* Waits from now on go by this target duration, in seconds. */
  set targetDuration(seconds) {
    this.wait = Math.min(PLAYLIST_PATIENCE, seconds * 1000 * TARGETS);
  }

  async #request(uri, as, patience, ...signals) {
    const sent = performance.now();
    const response = await fetch(uri, {
      signal: AbortSignal.any([this.closed.signal, ...signals,
                               AbortSignal.timeout(patience)]),
    });

    if (as === 'arrayBuffer' && patience === PATIENCE)
      this.delay = Math.min(performance.now() - sent,
                            this.delay || Infinity);
    if (!response.ok)
      throw Object.assign(new Error(`${response.status} for ${uri}`),
                          { retryAfter: secondsOf(response) });
    return response[as]();
  }

  /* Text. `query`: what to wait for, or ''. */
  playlist(query = '') {
    if (query)
      return this.#request(PLAYLIST + query, 'text', this.wait);
    // The page asked for its first one before its script was there, and goes
    // on waiting while this element is.
    const early = document.querySelector('link[rel=preload]');
    const since = early ? Math.min(performance.now(), FIRST_PATIENCE / 2) : 0;

    return this.#request(PLAYLIST, 'text', FIRST_PATIENCE - since)
      .finally(() => early?.remove());
  }

  /* Bytes that were asked for already, or are now. */
  get(uri) {
    const early = this.asked.get(uri)?.bytes;
    const now = () => this.#request(uri, 'arrayBuffer', PATIENCE);

    this.asked.delete(uri);
    return early?.catch(now) ?? now();
  }

  /* `coming`: it does not exist yet. */
  ask(uri, coming = false) {
    if (!uri || this.asked.has(uri))
      return;
    const abort = new AbortController();
    const bytes = this.#request(uri, 'arrayBuffer',
                                coming ? this.wait : PATIENCE, abort.signal);

    bytes.catch(() => {}); // who needs it will see
    this.asked.set(uri, { bytes, abort: () => abort.abort() });
  }

  /* Takes back what was asked for and isWanted(uri) does not want any more. */
  keep(isWanted) {
    for (const [uri, { abort }] of this.asked)
      if (!isWanted(uri)) {
        this.asked.delete(uri);
        abort();
      }
  }

  close() {
    this.closed.abort();
  }
}
