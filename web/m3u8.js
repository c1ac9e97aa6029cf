// SPDX-License-Identifier: MIT
/*
 * Reads as much of a live media playlist as a player of parts needs: the
 * parts near the live edge, the init each of them wants, when each was taken,
 * and what is to be asked for next (draft-pantos-hls-rfc8216bis). Pure.
 */

/* NAME=VALUE,NAME="VALUE" -> object; quotes are taken off. */
function attributes(text) {
  const found = {};

  for (const [, name, quoted, plain] of
    text.matchAll(/([A-Z0-9-]+)=(?:"([^"]*)"|([^,]*))/g))
    found[name] = quoted ?? plain;
  return found;
}

/*
 * Returns { parts, hint, next, partTarget, targetDuration, hasParts, ended }. A
 * part is { uri, msn, part, duration, independent, map, discontinuity, date }:
 * both targets are in seconds; `discontinuity` counts
 * discontinuities up to it, `date` is when its first frame was taken (Unix
 * time in ms, or NaN). `hint` is the URI of the part to come, or null; `next`
 * is { msn, part } of that part. `hasParts`: it is a low-latency one. Throws
 * where this is no playlist at all.
 */
export function readPlaylist(text) {
  const list = { parts: [], hint: null, next: null, partTarget: NaN,
                 targetDuration: NaN, ended: false };
  let msn = 0;
  let part = 0;
  let discontinuity = 0;
  let map = null;
  let date = NaN;

  if (!text.startsWith('#EXTM3U'))
    throw new Error('no playlist');
  for (const line of text.split('\n')) {
    const [, tag, value] = /^#(EXT[A-Z0-9-]*):?(.*)$/.exec(line) ?? [];

    if (tag === 'EXT-X-TARGETDURATION') {
      list.targetDuration = Number(value);
    } else if (tag === 'EXT-X-PART-INF') {
      list.partTarget = Number(attributes(value)['PART-TARGET']);
    } else if (tag === 'EXT-X-MEDIA-SEQUENCE') {
      msn = Number(value);
    } else if (tag === 'EXT-X-DISCONTINUITY-SEQUENCE') {
      discontinuity = Number(value);
    } else if (tag === 'EXT-X-DISCONTINUITY') {
      discontinuity++;
    } else if (tag === 'EXT-X-MAP') {
      map = attributes(value).URI;
    } else if (tag === 'EXT-X-PROGRAM-DATE-TIME') {
      date = Date.parse(value);
    } else if (tag === 'EXT-X-PART') {
      const { URI, DURATION, INDEPENDENT } = attributes(value);
      const duration = Number(DURATION);

      list.parts.push({ uri: URI, msn, part, duration, map, discontinuity,
                        independent: INDEPENDENT === 'YES', date });
      part++;
      date += duration * 1000;
    } else if (tag === 'EXT-X-PRELOAD-HINT') {
      list.hint = attributes(value).URI;
    } else if (tag === 'EXT-X-ENDLIST') {
      list.ended = true;
    } else if (line && !line.startsWith('#')) {
      msn++;
      part = 0;
      date = NaN; // the next segment has its own
    }
  }
  list.hasParts = list.partTarget > 0 && map !== null;
  list.next = { msn, part };
  return list;
}

const isAt = (part, { msn, part: number }) =>
  part.msn === msn && part.part === number;

/*
 * The parts of a playlist that come right after `last`, which is one of an
 * earlier playlist. null: they do not: parts are missing in between, or the
 * stream has begun anew.
 */
export function followsOn(list, last) {
  const at = list.parts.findIndex((part) => isAt(part, last));

  if (at >= 0)
    return list.parts[at].uri === last.uri ? list.parts.slice(at + 1) : null;
  return null;
}

/* The newest part that a picture can begin with, and those behind it. */
export function newestStart(list) {
  const at = list.parts.findLastIndex((part) => part.independent);

  return at < 0 ? [] : list.parts.slice(at);
}
