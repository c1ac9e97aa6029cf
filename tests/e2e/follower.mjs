// SPDX-License-Identifier: MIT
/*
 * Follows a stream as a low-latency player would, over the network, and
 * believes nothing: each playlist goes through the checker, whatever it names
 * is fetched at once, segments are compared with their parts, hints with what
 * they become, and what was removed is asked for again as long as it must be
 * there (draft-pantos-hls-rfc8216bis 6.2.2, 6.2.5, 6.2.6).
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { PlaylistChecker } from './playlist_checker.mjs';
import { lastPosition, nextPosition } from './playlist_text.mjs';

const AT_ONCE = 2500; // ms: not held, though the machine may be busy
/* What was removed is asked for again so long before it may be gone; ms. */
const EARLY = 1000;
const MEDIA_TYPE = /^video\/(mp4|iso\.segment)$/;

const digest = (bytes) => createHash('sha1').update(bytes).digest('hex');

function reached(last, want) {
  return last !== null && (last.msn > want.msn ||
    (last.msn === want.msn && last.part >= want.part));
}

export class Follower {
  /*
   * `onPart({ msn, part, bytes, map, segment })` sees each part in order.
   * `slow` widens what "at once" means, for sanitizer builds.
   */
  constructor(client, { onPart = () => {}, slow = 1, ...options } = {}) {
    this.client = client;
    this.onPart = onPart;
    this.atOnce = AT_ONCE * slow;
    this.checker = new PlaylistChecker(options);
    this.problems = [];
    this.seen = new Map(); // uri -> { digest, size }
    this.partBytes = new Map(); // msn -> bytes of its parts, from the first
    this.hint = null; // { uri, answer }
    this.due = []; // { uri, until }: to be asked for again just before that
    this.heardAt = performance.now(); // the newest playlist was the newest
    this.listed = new Map(); // uri -> how long it must stay when removed
    this.unavailable = 0; // 503s met
    this.playlists = 0;
    this.parts = 0;
    this.askedAgain = 0;
  }

  problem(text) {
    this.problems.push(text);
  }

  async fetch(uri, { atOnce = true } = {}) {
    const { status, headers, body, ms } = await this.client.get(uri);

    if (status !== 200) {
      this.problem(`${uri}: ${status} ${body.toString().trim()}`);
      return null;
    }
    if (atOnce && ms > this.atOnce)
      this.problem(`${uri} was listed but took ${ms.toFixed(0)} ms`);
    if (!MEDIA_TYPE.test(headers['content-type']))
      this.problem(`${uri} is ${headers['content-type']}`);
    if (headers.age !== undefined)
      this.problem(`${uri} has an Age`);
    this.remember(uri, body);
    return body;
  }

  remember(uri, body) {
    const known = this.seen.get(uri);
    const now = { digest: digest(body), size: body.length };

    if (known && known.digest !== now.digest)
      this.problem(`${uri} changed its bytes (${known.size}, ${now.size})`);
    this.seen.set(uri, now);
  }

  /* A playlist, judged; null when there is none now (503). */
  async playlist(want) {
    const query = want ? `?_HLS_msn=${want.msn}&_HLS_part=${want.part}` : '';
    const { status, headers, body } = await this.client.get(
      `index.m3u8${query}`, { gzip: this.playlists % 2 === 1 });

    if (status === 503) {
      this.unavailable++;
      if (headers['retry-after'] === undefined)
        this.problem('503 without Retry-After');
      return null;
    }
    if (status !== 200) {
      this.problem(`playlist ${query}: ${status} ${body}`);
      return null;
    }
    if (headers['content-type'] !== 'application/vnd.apple.mpegurl')
      this.problem(`playlist is ${headers['content-type']}`);
    const { playlist, problems } = this.checker.check(body.toString());
    playlist.heardAt = performance.now();
    this.playlists++;
    this.problems.push(...problems.map((text) => `playlist: ${text}`));
    if (want && !playlist.ended && !reached(lastPosition(playlist), want))
      this.problem(`asked for ${want.msn}.${want.part}, ` +
                   `got ${JSON.stringify(lastPosition(playlist))}`);
    return playlist;
  }

  /* Everything that the playlist names and was not fetched yet. */
  async fetchListed(playlist) {
    for (const segment of playlist.segments) {
      if (segment.map && !this.seen.has(segment.map))
        await this.fetch(segment.map);
      for (const [n, part] of segment.parts.entries())
        if (!this.seen.has(part.uri))
          await this.takePart(segment, n);
      if (segment.uri && !this.seen.has(segment.uri))
        await this.takeSegment(segment);
    }
  }

  async takePart(segment, n) {
    const { uri } = segment.parts[n];
    const hinted = this.hint?.uri === uri ? this.hint : null;
    const bytes = await this.fetch(uri);

    if (!bytes)
      return;
    if (hinted) {
      this.hint = null;
      this.checkHint(uri, await hinted.answer);
    }
    this.parts++;
    const list = this.partBytes.get(segment.msn) ?? [];
    if (list.length === n)
      this.partBytes.set(segment.msn, [...list, bytes]);
    await this.onPart({ msn: segment.msn, part: n, bytes, segment,
                        map: segment.map });
  }

  checkHint(uri, answer) {
    if (answer.status !== 200)
      this.problem(`hinted ${uri} became a part, its request ` +
                   `${answer.status ?? answer}`);
    else
      this.remember(uri, answer.body);
  }

  async takeSegment(segment) {
    const whole = await this.fetch(segment.uri);
    const parts = this.partBytes.get(segment.msn);

    if (whole && parts?.length === segment.parts.length && parts.length &&
        !whole.equals(Buffer.concat(parts)))
      this.problem(`${segment.uri} is not its parts one after the other`);
    for (const msn of this.partBytes.keys())
      if (msn < segment.msn - 3)
        this.partBytes.delete(msn);
  }

  /* Asks for what comes next before it is there. */
  followHint(playlist) {
    const uri = playlist.hints.find(({ type }) => type === 'PART')?.uri;

    if (uri && this.hint?.uri !== uri && !this.seen.has(uri))
      this.hint = { uri, answer: this.client.get(uri).catch((e) => e) };
  }

  /*
   * What is no longer listed must stay for a while: 6.2.2, 4.4.4.9. It was
   * removed after we had heard of the list that had it last.
   */
  noteRemoved(playlist) {
    const length = playlist.segments.reduce((total, { duration, parts }) =>
      total + (duration ?? parts.reduce((sum, p) => sum + p.duration, 0)), 0);
    const target = Number(playlist.header.get('EXT-X-TARGETDURATION'));
    const listed = new Map();

    for (const segment of playlist.segments) {
      if (segment.uri)
        listed.set(segment.uri, segment.duration + length);
      for (const part of segment.parts)
        listed.set(part.uri, 3 * target);
    }
    for (const [uri, seconds] of this.listed)
      if (!listed.has(uri))
        this.due.push({ uri, until: this.heardAt + seconds * 1000 });
    this.listed = listed;
    this.heardAt = playlist.heardAt;
  }

  async askAgain() {
    const now = performance.now();
    const due = this.due.filter(({ until }) => until - EARLY <= now);

    this.due = this.due.filter(({ until }) => until - EARLY > now);
    for (const { uri, until } of due) {
      if (performance.now() >= until) // we were held up
        continue;
      await this.fetch(uri);
      this.askedAgain++;
    }
  }

  /* One step: the next playlist and all that is new in it. */
  async step() {
    const playlist = await this.playlist(this.want);

    if (!playlist) {
      this.want = null;
      await sleep(250);
      return null;
    }
    this.followHint(playlist);
    await this.fetchListed(playlist);
    this.noteRemoved(playlist);
    await this.askAgain();
    this.want = playlist.ended ? null : nextPosition(playlist);
    this.latest = playlist;
    return playlist;
  }

  async run(milliseconds) {
    const end = performance.now() + milliseconds;
    while (performance.now() < end)
      await this.step();
  }
}
