// SPDX-License-Identifier: MIT
/*
 * Many viewers in one process. Each does to the relay what the page does: it
 * has connections of its own, asks for the next playlist and for the hinted
 * part before they are there, and tries again as the page does, by the page's
 * own rules (web/). It decodes nothing, and knows from the durations of what
 * came when its picture would have stood still.
 */
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import { Backoff, retryPause } from '../../web/backoff.js';
import { followsOn, newestStart } from '../../web/m3u8.js';

globalThis.window ??= {}; // of a browser, which they ask for what it can do
const { Playlists } = await import('../../web/playlists.js');

const CONNECTIONS = 6; // of a browser to one host
const PATIENCE = 11500; // ms
const TRIES = 4; // in place, as in web/part_stream.js
const TRY_PAUSE = 150; // ms
const MARGIN = 300; // ms of media in hand when all is well
const BIN = 100; // ms

class Loader {
  constructor(crowd) {
    this.crowd = crowd;
    this.agent = new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS });
    this.asked = new Map(); // URI -> { bytes: promise, call }
    this.delay = NaN;
  }

  /* One request; what it is can be destroyed. */
  #call(uri, again = false) {
    let call;
    const answer = new Promise((resolve, reject) => {
      call = http.get(new URL(uri, this.crowd.url), { agent: this.agent },
        (response) => {
          const chunks = [];

          response.on('data', (chunk) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            if (response.statusCode === 200)
              resolve(Buffer.concat(chunks));
            else
              reject(Object.assign(new Error(`${response.statusCode}`), {
                retryAfter: Number(response.headers['retry-after']) || 0 }));
          });
        });
      this.crowd.count(call);
      call.setTimeout(PATIENCE, () => call.destroy(new Error('no answer')));
      call.on('error', (error) => {
        // As browsers do; RFC 9112 9.3.1.
        if (call.reusedSocket && error.code === 'ECONNRESET' && !again &&
            !call.taken)
          resolve(this.#call(uri, true).answer);
        else
          reject(error);
      });
    });

    answer.catch(() => {}); // who needs it will see
    return { answer, take() { call.taken = true; call.destroy(); } };
  }

  async playlist(query = '') {
    return (await this.#call(`index.m3u8${query}`).answer).toString();
  }

  ask(uri) {
    if (uri && !this.asked.has(uri))
      this.asked.set(uri, this.#call(uri));
  }

  get(uri) {
    const early = this.asked.get(uri)?.answer;
    const now = () => this.#call(uri).answer;

    this.asked.delete(uri);
    return early?.catch(now) ?? now();
  }

  keep(isWanted) {
    for (const [uri, call] of this.asked)
      if (!isWanted(uri)) {
        this.asked.delete(uri);
        call.take();
      }
  }

  close() {
    this.agent.destroy();
  }
}

class CrowdViewer {
  constructor(crowd) {
    this.loader = new Loader(crowd);
    this.playlists = new Playlists(this.loader);
    this.backoff = new Backoff({ first: 500, most: 4000 });
    this.last = null; // the part that came last
    this.until = NaN; // when what has come will have been shown
    this.stood = 0; // ms that the picture stood still, at most at a time
    this.closed = false;
    this.over = this.#run();
  }

  #note(part) {
    const at = Date.now();

    this.last = part;
    this.stood = Math.max(this.stood, at - this.until || 0);
    this.until = Math.max(this.until || at + MARGIN, at) +
                 part.duration * 1000;
  }

  async #follow() {
    const { loader, playlists } = this;
    let list = await playlists.newest();

    while (!this.closed) {
      const parts = (this.last && followsOn(list, this.last)) ??
                    newestStart(list);

      parts.forEach(({ uri }) => loader.ask(uri));
      loader.ask(list.hint);
      playlists.ask();
      for (const part of parts) {
        if (part.map !== this.map)
          await loader.get(part.map);
        this.map = part.map;
        await loader.get(part.uri);
        this.#note(part);
        this.tries = 0;
        this.backoff.reset();
      }
      list = await playlists.next();
    }
  }

  async #run() {
    this.tries = 0;
    while (!this.closed) {
      try {
        await this.#follow();
      } catch (error) {
        this.loader.keep(() => false);
        this.tries++;
        if (!this.closed)
          await sleep(this.tries > TRIES ? this.backoff.next() : retryPause({
            tries: this.tries, first: TRY_PAUSE, seconds: error.retryAfter }));
      }
    }
  }
}

export class Crowd {
  constructor(url) {
    this.url = url; // of the camera, with a slash
    this.viewers = [];
    this.bins = new Map(); // time / BIN -> { requests, connections }
  }

  /* They come within `ms`, not at once. */
  async come(count, ms) {
    for (let i = 0; i < count; i++) {
      this.viewers.push(new CrowdViewer(this));
      await sleep(ms / count);
    }
  }

  #bin() {
    const number = Math.floor(Date.now() / BIN);

    if (!this.bins.has(number))
      this.bins.set(number, { requests: 0, connections: 0 });
    return this.bins.get(number);
  }

  count(call) {
    this.#bin().requests++;
    call.once('socket', (socket) => {
      if (socket.connecting)
        socket.once('connect', () => { this.#bin().connections++; });
    });
  }

  /* The most in one bin: { requests, connections }. */
  most(from, to = Date.now()) {
    const bins = [...this.bins].filter(
      ([at]) => at >= Math.floor(from / BIN) && at <= to / BIN)
      .map(([, bin]) => bin);

    return { requests: Math.max(0, ...bins.map((b) => b.requests)),
             connections: Math.max(0, ...bins.map((b) => b.connections)) };
  }

  /* How many requests were made. */
  requests(from, to) {
    return [...this.bins].filter(([at]) => at >= from / BIN && at <= to / BIN)
      .reduce((sum, [, bin]) => sum + bin.requests, 0);
  }

  /* How many have a picture that was taken after `when`. */
  haveSince(when) {
    return this.viewers.filter(({ last }) => last?.date >= when).length;
  }

  forget() {
    for (const viewer of this.viewers)
      viewer.stood = 0;
  }

  async leave() {
    for (const viewer of this.viewers) {
      viewer.closed = true;
      viewer.loader.keep(() => false);
      viewer.loader.close();
    }
    await Promise.all(this.viewers.map(({ over }) => over));
  }
}
