// SPDX-License-Identifier: MIT
/*
 * Judges a run of playlists of one stream, in the order they were fetched,
 * against draft-pantos-hls-rfc8216bis (section numbers below), Apple's
 * authoring rules where they are stricter, and what players are known to die
 * of. Pure: no network, no clock.
 *
 * npm's hls-parser in strict mode judges each playlist as well, so that the
 * rules are not only as we understood them.
 */
import hlsParser from 'hls-parser';

import { lastPosition, readPlaylist } from './playlist_text.mjs';

const CONSTANT_TAGS = ['EXT-X-VERSION', 'EXT-X-TARGETDURATION',
                       'EXT-X-SERVER-CONTROL', 'EXT-X-PART-INF',
                       'EXT-X-INDEPENDENT-SEGMENTS'];
const MIN_PART_FILL = 0.85; // 4.4.4.9
const ROUNDING = 1e-9; // of sums of decimals, not of the stream
const DECIMAL = 0.00001; // durations are written with five digits

hlsParser.setOptions({ strictMode: true, silent: true });

function numberOf(text, name) {
  const match = new RegExp(`(?:^|,)${name}=([0-9.]+)(?:,|$)`).exec(text ?? '');
  return match ? Number(match[1]) : null;
}

function sum(list) {
  return list.reduce((total, value) => total + value, 0);
}

function durationOf(segment) {
  return segment.duration ?? sum(segment.parts.map((part) => part.duration));
}

/* "7 8 9+": of the last one there are parts. */
function listOf(segments) {
  return segments.map(({ msn, uri, duration, discontinuity }) =>
    `${discontinuity ? '!' : ''}${msn}` +
    (uri === null ? '+' : `(${duration})`)).join(' ');
}

export class PlaylistChecker {
  /*
   * keysEverywhere: each segment holds an independent part, which is so when
   * Oriel encodes; not when it passes long GOPs through.
   * keysForeseen: each hint comes true; where key frames come as a camera of
   * its own wants, one may not, and is counted in `wrongHints`.
   * plain: HLS of RFC 8216, without any tag of low latency.
   * pdtSlack: how far (s) PROGRAM-DATE-TIME may be from the durations: a ms
   *   each of rounding and of following the clock.
   */
  constructor({ keysEverywhere = true, keysForeseen = true, plain = false,
                pdtSlack = 0.003 } = {}) {
    this.keysEverywhere = keysEverywhere;
    this.keysForeseen = keysForeseen;
    this.plain = plain;
    this.wrongHints = 0;
    this.pdtSlack = pdtSlack;
    this.segments = new Map(); // msn -> what was said about it
    this.msnOfUri = new Map(); // uri of part or segment -> place
    this.constants = null;
    this.previous = null;
    this.count = 0;
  }

  /* Returns { playlist, problems }: what was read, what is wrong with it. */
  check(text) {
    const playlist = readPlaylist(text);
    this.problems = [...playlist.problems];
    this.checkOracle(text);
    this.readConstants(playlist);
    if (playlist.segments.length === 0)
      this.problem('no segment');
    else {
      this.checkHeader(playlist);
      if (this.plain)
        this.checkPlain(playlist);
      else
        this.checkHint(playlist);
      playlist.segments.forEach((segment, i) => {
        this.checkSegment(segment, playlist, i);
        this.checkHistory(segment);
      });
      this.checkWindow(playlist);
      if (this.previous)
        this.checkProgress(playlist, this.previous);
    }
    this.previous = playlist;
    this.count++;
    return { playlist, problems: this.problems };
  }

  problem(text) {
    this.problems.push(text);
  }

  checkOracle(text) {
    try {
      hlsParser.parse(text);
    } catch (error) {
      // It knows no exception for independent parts; checkParts() does.
      if (!/at least 85% of PART-TARGET/.test(error.message))
        this.problem(`hls-parser: ${error.message.split('\n')[0]}`);
    }
  }

  readConstants({ header }) {
    this.target = Number(header.get('EXT-X-TARGETDURATION'));
    this.partTarget = numberOf(header.get('EXT-X-PART-INF'), 'PART-TARGET');
  }

  checkHeader({ header }) {
    const control = header.get('EXT-X-SERVER-CONTROL') ?? '';
    const partHoldBack = numberOf(control, 'PART-HOLD-BACK');
    const holdBack = numberOf(control, 'HOLD-BACK');
    const skip = numberOf(control, 'CAN-SKIP-UNTIL');
    const constants = CONSTANT_TAGS.map((tag) => header.get(tag) ?? null);

    for (const tag of ['EXT-X-VERSION', 'EXT-X-TARGETDURATION',
                       'EXT-X-MEDIA-SEQUENCE', 'EXT-X-DISCONTINUITY-SEQUENCE'])
      if (!/^[1-9]\d*$|^0$/.test(header.get(tag) ?? ''))
        this.problem(`${tag} is missing or no number`);
    if (!(this.target >= 1))
      this.problem('TARGETDURATION below 1');
    if (this.plain)
      return this.checkConstants(constants);
    if (!this.partTarget)
      this.problem('no PART-TARGET');
    if (!/(^|,)CAN-BLOCK-RELOAD=YES(,|$)/.test(control))
      this.problem('no CAN-BLOCK-RELOAD=YES');
    // 4.4.3.8 wants twice, Apple's authoring rules 14.3 three times
    if (!(partHoldBack >= 3 * this.partTarget - ROUNDING))
      this.problem(`PART-HOLD-BACK ${partHoldBack} below 3 PART-TARGET`);
    if (holdBack !== null && holdBack < 3 * this.target)
      this.problem(`HOLD-BACK ${holdBack} below 3 TARGETDURATION`);
    if (skip !== null && skip < 6 * this.target)
      this.problem(`CAN-SKIP-UNTIL ${skip} below 6 TARGETDURATION`);
    return this.checkConstants(constants);
  }

  checkConstants(constants) {
    this.constants ??= constants;
    CONSTANT_TAGS.forEach((tag, i) => {
      if (constants[i] !== this.constants[i])
        this.problem(`${tag} changed from "${this.constants[i]}" ` +
                     `to "${constants[i]}"`);
    });
  }

  /* Whole segments, and nothing that only low latency has. */
  checkPlain({ header, segments, hints }) {
    for (const tag of ['EXT-X-SERVER-CONTROL', 'EXT-X-PART-INF'])
      if (header.has(tag))
        this.problem(`${tag} in plain HLS`);
    if (hints.length || segments.some(({ uri, parts }) => !uri || parts.length))
      this.problem('parts, hints or an open segment in plain HLS');
  }

  /* 4.4.5.3, B.1 */
  checkHint({ hints, ended, segments }) {
    const part = hints.find((hint) => hint.type === 'PART');

    if (ended && hints.length)
      this.problem('a preload hint beside ENDLIST');
    if (!ended && !part)
      this.problem('no preload hint for the next part');
    if (part && segments.some((segment) => segment.parts.some(
      ({ uri }) => uri === part.uri)))
      this.problem(`the hint ${part.uri} is already listed`);
  }

  checkSegment(segment, playlist, i) {
    const { msn, parts, duration } = segment;
    const isLast = i === playlist.segments.length - 1;

    if (segment.uri === null && !isLast)
      this.problem(`segment ${msn} is open but not the last`);
    if (segment.map === null)
      this.problem(`segment ${msn} is not covered by a MAP`);
    if (segment.pdt === null || Number.isNaN(segment.pdt))
      this.problem(`segment ${msn} has no PROGRAM-DATE-TIME`);
    if (duration !== null && !(duration > 0 && duration <= this.target))
      this.problem(`EXTINF ${duration} of ${msn} above TARGETDURATION`);
    if (segment.uri === null &&
        durationOf(segment) > this.target + parts.length * DECIMAL)
      this.problem(`open segment ${msn} is longer than TARGETDURATION`);
    if (duration !== null && parts.length &&
        Math.abs(durationOf({ parts, duration: null }) - duration) >
        (parts.length + 1) * DECIMAL + ROUNDING)
      this.problem(`parts of ${msn} do not add up to its EXTINF`);
    if (this.keysEverywhere && parts.length && !parts[0].independent)
      this.problem(`segment ${msn} does not begin with an independent part`);
    this.checkParts(segment);
    if (i > 0)
      this.checkDates(playlist.segments[i - 1], segment);
  }

  checkParts({ msn, uri, parts }) {
    parts.forEach((part, n) => {
      const final = uri !== null && n === parts.length - 1;
      const newest = uri === null && n === parts.length - 1; // may be final

      if (part.duration > this.partTarget + ROUNDING)
        this.problem(`part ${msn}.${n}: ${part.duration} above PART-TARGET`);
      if (part.duration < MIN_PART_FILL * this.partTarget - ROUNDING &&
          !part.independent && !final && !newest)
        this.problem(`part ${msn}.${n}: ${part.duration} below 85 % of ` +
                     `PART-TARGET ${this.partTarget}`);
    });
  }

  checkDates(before, segment) {
    if (segment.discontinuity || before.pdt === null || segment.pdt === null)
      return;
    const off = (segment.pdt - before.pdt) / 1000 - durationOf(before);
    if (Math.abs(off) > this.pdtSlack)
      this.problem(`PROGRAM-DATE-TIME of ${segment.msn} is ` +
                   `${off.toFixed(4)} s off its predecessor's duration`);
  }

  /* What was said once about a segment stays true. */
  checkHistory(segment) {
    const { msn } = segment;
    const known = this.segments.get(msn);

    for (const [place, uri] of [
      [`${msn}`, segment.uri],
      ...segment.parts.map((part, n) => [`${msn}.${n}`, part.uri]),
    ]) {
      if (uri === null)
        continue;
      if (this.msnOfUri.has(uri) && this.msnOfUri.get(uri) !== place)
        this.problem(`${uri} is ${place} and was ${this.msnOfUri.get(uri)}`);
      this.msnOfUri.set(uri, place);
    }
    if (!known) {
      this.segments.set(msn, segment);
      return;
    }
    for (const what of ['pdt', 'map', 'discontinuity', 'cc'])
      if (known[what] !== segment[what])
        this.problem(`${what} of ${msn} was ${known[what]} ` +
                     `and is ${segment[what]}`);
    if (known.uri !== null && known.uri !== segment.uri)
      this.problem(`segment ${msn} was ${known.uri} and is ${segment.uri}`);
    if (known.uri !== null && known.duration !== segment.duration)
      this.problem(`EXTINF of ${msn} was ${known.duration} ` +
                   `and is ${segment.duration}`);
    this.checkPartHistory(known, segment);
    this.segments.set(msn, segment.parts.length >= known.parts.length
      ? segment : { ...segment, parts: known.parts });
  }

  checkPartHistory(known, segment) {
    const { msn, parts } = segment;

    parts.forEach((part, n) => {
      const before = known.parts[n];
      if (before && (before.uri !== part.uri ||
                     before.duration !== part.duration ||
                     before.independent !== part.independent))
        this.problem(`part ${msn}.${n} was ${JSON.stringify(before)} ` +
                     `and is ${JSON.stringify(part)}`);
      if (!before && known.uri !== null)
        this.problem(`part ${msn}.${n} came after its segment was closed`);
    });
    if (parts.length && parts.length < known.parts.length)
      this.problem(`segment ${msn} lost parts`);
    if (!parts.length && segment.uri === null && known.parts.length)
      this.problem(`segment ${msn} is open and lost its parts`);
  }

  /* 6.2.2, 4.4.4.9, B.1 */
  checkWindow(playlist) {
    const { segments } = playlist;
    const closed = segments.filter((segment) => segment.uri !== null);
    const removed = this.previous !== null &&
      segments[0].msn > this.previous.segments[0]?.msn &&
      segments[0].msn <= this.previous.segments.at(-1)?.msn;
    const newest = segments.length - 1;
    let toEnd = 0;

    if (removed && sum(closed.map(durationOf)) < 3 * this.target)
      this.problem('shorter than 3 TARGETDURATION after a removal: ' +
        `${listOf(this.previous.segments)} became ${listOf(segments)}`);
    for (let i = this.plain ? -1 : newest; i >= 0; i--) {
      const { msn, parts } = segments[i];
      if (parts.length && toEnd > 3 * this.target + ROUNDING)
        this.problem(`parts of ${msn} are listed ${toEnd} s from the end`);
      if (!parts.length && segments[i].uri !== null && i >= newest - 1)
        this.problem(`parts of ${msn} are gone ${toEnd} s from the end`);
      toEnd += durationOf(segments[i]);
    }
  }

  checkProgress(playlist, previous) {
    const was = previous.segments;
    const is = playlist.segments;
    const last = lastPosition(playlist);
    const before = lastPosition(previous);

    if (was.length === 0)
      return;
    if (is[0].msn < was[0].msn)
      this.problem(`MEDIA-SEQUENCE went back from ${was[0].msn} ` +
                   `to ${is[0].msn}`);
    if (Number(playlist.header.get('EXT-X-DISCONTINUITY-SEQUENCE')) <
        Number(previous.header.get('EXT-X-DISCONTINUITY-SEQUENCE')))
      this.problem('DISCONTINUITY-SEQUENCE went back');
    if (is.at(-1).cc < was.at(-1).cc)
      this.problem('the newest segment has a smaller discontinuity sequence');
    if (is.at(-1).msn < was.at(-1).msn)
      this.problem(`newest segment ${is.at(-1).msn} after ${was.at(-1).msn}`);
    if (previous.ended)
      this.problem('it goes on after ENDLIST');
    if (!last || !before)
      return;
    if (last.msn < before.msn ||
        (last.msn === before.msn && last.part < before.part))
      this.problem('the newest part went back');
    this.checkHintKept(playlist, previous, before);
  }

  /* The part behind the newest one of before is what was hinted then. */
  checkHintKept(playlist, previous, before) {
    const hint = previous.hints.find(({ type }) => type === 'PART');
    const same = playlist.segments.find(({ msn }) => msn === before.msn);
    const next = playlist.segments.find(({ msn }) => msn === before.msn + 1);
    const part = same?.parts[before.part + 1] ??
      (same && next && !next.discontinuity ? next.parts[0] : undefined);

    if (hint && part && part.uri !== hint.uri) {
      this.wrongHints++;
      if (this.keysForeseen)
        this.problem(`hinted ${hint.uri} became ${part.uri}`);
    }
    if (hint && same && same.uri === null && !part &&
        playlist.hints.some(({ type, uri }) => type === 'PART' &&
                                               uri !== hint.uri))
      this.problem(`the hint changed from ${hint.uri} without a part`);
  }
}

/* Numbers of a run, for people: the shortest and longest of everything. */
export function describe(playlist) {
  const { segments, header } = playlist;
  const parts = segments.flatMap((segment) => segment.parts);
  return `TARGETDURATION ${header.get('EXT-X-TARGETDURATION')}, ` +
    `${header.get('EXT-X-PART-INF')}, ${segments.length} segments, ` +
    `${parts.length} parts listed, ` +
    `${sum(segments.map(durationOf)).toFixed(3)} s`;
}
