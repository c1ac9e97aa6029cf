// SPDX-License-Identifier: MIT
/*
 * Reads a media playlist as text into segments, parts and header tags, and
 * notes on the way everything whose place or form is wrong. It knows only the
 * tags that Oriel writes: a tag that is not listed here is a finding.
 *
 * Section numbers are those of draft-pantos-hls-rfc8216bis.
 */

const HEADER_TAGS = new Set([
  'EXT-X-VERSION',
  'EXT-X-INDEPENDENT-SEGMENTS',
  'EXT-X-TARGETDURATION',
  'EXT-X-SERVER-CONTROL',
  'EXT-X-PART-INF',
  'EXT-X-MEDIA-SEQUENCE',
  'EXT-X-DISCONTINUITY-SEQUENCE',
]);

/* "A=1,B="x,y"" to a Map; quotes are taken off. null: not a list. */
export function parseAttributes(text) {
  const attributes = new Map();
  const one = /([A-Z0-9-]+)=("[^"\r\n]*"|[^",\s]+)(,|$)/y;

  while (one.lastIndex < text.length) {
    const match = one.exec(text);
    if (!match || attributes.has(match[1]))
      return null;
    attributes.set(match[1], match[2].replaceAll('"', ''));
    if (match[3] === '' || one.lastIndex === text.length)
      return match[3] === ',' ? null : attributes;
  }
  return attributes;
}

function newSegment() {
  return {
    msn: 0,
    uri: null, // null: still open
    duration: null,
    parts: [],
    pdt: null, // milliseconds of Unix time
    map: null, // in force for it, also when written further up
    discontinuity: false, // EXT-X-DISCONTINUITY stands before it
    cc: 0, // its discontinuity sequence number
    touched: false, // something of it was already read
  };
}

class Reader {
  constructor() {
    this.problems = [];
    this.header = new Map(); // tag -> raw value
    this.segments = []; // closed ones, and the open one last
    this.hints = [];
    this.skipped = 0;
    this.ended = false;
    this.segment = newSegment();
    this.map = null;
    this.started = false; // the first segment has begun
    this.extinf = null;
  }

  problem(text) {
    this.problems.push(text);
  }

  attributes(tag, value, required) {
    const list = parseAttributes(value ?? '');
    if (!list) {
      this.problem(`${tag}: malformed attribute list "${value}"`);
      return new Map();
    }
    for (const name of required)
      if (!list.has(name))
        this.problem(`${tag}: no ${name}`);
    return list;
  }

  readHeader(tag, value) {
    if (this.header.has(tag))
      this.problem(`${tag} twice`);
    if (this.started)
      this.problem(`${tag} behind the first segment`);
    this.header.set(tag, value ?? '');
  }

  /* Tags of a segment stand before its first part (4.4.4.9). */
  readSegmentTag(tag) {
    this.started = true;
    if (this.hints.length)
      this.problem(`${tag} behind the preload hint`);
    if (this.segment.parts.length || this.extinf !== null)
      this.problem(`${tag} behind a part or the EXTINF of its segment`);
    this.segment.touched = true;
  }

  readTag(tag, value) {
    if (HEADER_TAGS.has(tag)) {
      this.readHeader(tag, value);
      return;
    }
    switch (tag) {
    case 'EXT-X-MAP': {
      this.readSegmentTag(tag);
      const list = this.attributes(tag, value, ['URI']);
      this.map = list.get('URI');
      break;
    }
    case 'EXT-X-DISCONTINUITY':
      this.readSegmentTag(tag);
      if (this.segment.discontinuity)
        this.problem('EXT-X-DISCONTINUITY twice on one segment');
      this.segment.discontinuity = true;
      break;
    case 'EXT-X-PROGRAM-DATE-TIME':
      this.readSegmentTag(tag);
      if (this.segment.pdt !== null)
        this.problem('EXT-X-PROGRAM-DATE-TIME twice on one segment');
      this.segment.pdt = Date.parse(value);
      if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value))
        this.problem(`EXT-X-PROGRAM-DATE-TIME: "${value}" is not UTC with ms`);
      break;
    case 'EXT-X-PART':
      this.readPart(value);
      break;
    case 'EXTINF':
      this.started = true;
      if (this.extinf !== null)
        this.problem('EXTINF twice');
      if (!/^\d+(\.\d+)?,/.test(value ?? ''))
        this.problem(`EXTINF: "${value}"`);
      this.extinf = Number.parseFloat(value);
      break;
    case 'EXT-X-SKIP': {
      const list = this.attributes(tag, value, ['SKIPPED-SEGMENTS']);
      if (this.started)
        this.problem('EXT-X-SKIP behind a segment');
      if (!this.header.has('EXT-X-MEDIA-SEQUENCE'))
        this.problem('EXT-X-SKIP before EXT-X-MEDIA-SEQUENCE');
      this.started = true;
      this.skipped = Number(list.get('SKIPPED-SEGMENTS'));
      break;
    }
    case 'EXT-X-PRELOAD-HINT':
      this.readHint(value);
      break;
    case 'EXT-X-ENDLIST':
      this.ended = true;
      break;
    default:
      this.problem(`unexpected tag ${tag}`);
    }
  }

  readPart(value) {
    const list = this.attributes('EXT-X-PART', value, ['URI', 'DURATION']);
    const duration = Number(list.get('DURATION'));

    this.started = true;
    this.segment.touched = true;
    if (this.hints.length)
      this.problem('EXT-X-PART behind the preload hint');
    if (this.extinf !== null)
      this.problem('EXT-X-PART between EXTINF and its URI');
    if (list.has('BYTERANGE') || list.has('GAP'))
      this.problem('EXT-X-PART with BYTERANGE or GAP, which not all can play');
    if (!(duration > 0))
      this.problem(`EXT-X-PART: DURATION "${list.get('DURATION')}"`);
    this.segment.parts.push({
      uri: list.get('URI'),
      duration,
      independent: list.get('INDEPENDENT') === 'YES',
    });
  }

  readHint(value) {
    const list = this.attributes('EXT-X-PRELOAD-HINT', value, ['TYPE', 'URI']);
    const type = list.get('TYPE');

    if (type !== 'PART' && type !== 'MAP')
      this.problem(`EXT-X-PRELOAD-HINT: TYPE=${type}`);
    if (this.hints.some((hint) => hint.type === type))
      this.problem(`EXT-X-PRELOAD-HINT: two of TYPE=${type}`);
    this.hints.push({ type, uri: list.get('URI') });
  }

  readUri(uri) {
    if (this.extinf === null) {
      this.problem(`URI ${uri} without EXTINF`);
      this.extinf = NaN;
    }
    if (this.hints.length)
      this.problem('a segment behind the preload hint');
    this.segment.uri = uri;
    this.segment.duration = this.extinf;
    this.finishSegment();
  }

  finishSegment() {
    this.segment.map = this.map;
    this.segments.push(this.segment);
    this.segment = newSegment();
    this.extinf = null;
  }

  finish() {
    const first = Number(this.header.get('EXT-X-MEDIA-SEQUENCE') ?? 0);
    let cc = Number(this.header.get('EXT-X-DISCONTINUITY-SEQUENCE') ?? 0);

    if (this.extinf !== null)
      this.problem('EXTINF without a URI');
    if (this.segment.touched)
      this.finishSegment();
    this.segments.forEach((segment, i) => {
      cc += segment.discontinuity ? 1 : 0;
      segment.msn = first + this.skipped + i;
      segment.cc = cc;
    });
  }
}

/*
 * Returns { problems, header, segments, hints, skipped, ended }. Always
 * returns, whatever the text.
 */
export function readPlaylist(text) {
  const reader = new Reader();
  const lines = text.split('\n');

  if (lines.pop() !== '')
    reader.problem('the last line has no line end');
  if (lines.shift() !== '#EXTM3U')
    reader.problem('#EXTM3U is not the first line');
  for (const line of lines) {
    const match = /^#(EXT[A-Z0-9-]*)(?::(.*))?$/.exec(line);
    if (line === '' || line.includes('\r'))
      reader.problem('an empty line or a carriage return');
    else if (match)
      reader.readTag(match[1], match[2]);
    else if (line.startsWith('#'))
      reader.problem(`a comment: ${line}`);
    else
      reader.readUri(line);
  }
  reader.finish();
  return reader;
}

/* The newest part listed, { msn, part }, or null. */
export function lastPosition(playlist) {
  for (let i = playlist.segments.length - 1; i >= 0; i--) {
    const segment = playlist.segments[i];
    if (segment.parts.length)
      return { msn: segment.msn, part: segment.parts.length - 1 };
    if (segment.uri !== null)
      return null; // closed and without parts: nobody can tell
  }
  return null;
}

/* As a player asks for what comes next (6.2.5.2). */
export function nextPosition(playlist) {
  const segment = playlist.segments.at(-1);

  if (!segment)
    return null;
  return segment.uri === null
    ? { msn: segment.msn, part: segment.parts.length }
    : { msn: segment.msn + 1, part: 0 };
}
