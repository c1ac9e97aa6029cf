// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { followsOn, newestStart, readPlaylist } from '../../web/m3u8.js';

const HEAD = `#EXTM3U
#EXT-X-VERSION:9
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=0.630
#EXT-X-PART-INF:PART-TARGET=0.210
#EXT-X-MEDIA-SEQUENCE:890
#EXT-X-DISCONTINUITY-SEQUENCE:4
#EXT-X-MAP:URI="init-1.mp4"
`;
const DATE = '#EXT-X-PROGRAM-DATE-TIME:2026-11-22T14:00:00.250Z\n';
const part = (uri, more = '') =>
  `#EXT-X-PART:DURATION=0.20000,URI="${uri}"${more}\n`;
const CLOSE = '#EXTINF:0.40000,\ns.m4s\n';
const HINT = '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="next.m4s"\n';

test('parts have their place, their init and the time they were taken', () => {
  const list = readPlaylist(HEAD + DATE + part('a', ',INDEPENDENT=YES') +
    part('b') + CLOSE + DATE + part('c') + HINT);
  const start = Date.UTC(2026, 10, 22, 14, 0, 0, 250);

  assert.equal(list.partTarget, 0.21);
  assert.equal(list.targetDuration, 2);
  assert.equal(list.hint, 'next.m4s');
  assert.equal(list.ended, false);
  assert.deepEqual(list.next, { msn: 891, part: 1 });
  assert.deepEqual(list.parts.map((p) => [p.uri, p.msn, p.part, p.independent,
                                          p.map, p.date - start]),
                   [['a', 890, 0, true, 'init-1.mp4', 0],
                    ['b', 890, 1, false, 'init-1.mp4', 200],
                    ['c', 891, 0, false, 'init-1.mp4', 0]]);
});

test('segments without parts count in the media sequence', () => {
  const list = readPlaylist(HEAD + CLOSE + CLOSE + DATE + part('a') + HINT);

  assert.deepEqual([list.parts[0].msn, list.parts[0].part], [892, 0]);
});

test('behind a closed segment the next part begins one', () => {
  assert.deepEqual(readPlaylist(HEAD + part('a') + CLOSE + HINT).next,
                   { msn: 891, part: 0 });
});

test('a discontinuity counts on and may bring another init', () => {
  const list = readPlaylist(HEAD + part('a') + CLOSE +
    '#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI="init-2.mp4"\n' + part('b') + HINT);

  assert.deepEqual(list.parts.map((p) => [p.discontinuity, p.map]),
                   [[4, 'init-1.mp4'], [5, 'init-2.mp4']]);
});

test('a comma inside quotes does not end a value', () => {
  const list = readPlaylist(HEAD + part('a,b=c', ',INDEPENDENT=YES') + HINT);

  assert.equal(list.parts[0].uri, 'a,b=c');
  assert.equal(list.parts[0].independent, true);
});

test('a stream that is over has no hint', () => {
  const list = readPlaylist(`${HEAD + part('a') + CLOSE}#EXT-X-ENDLIST\n`);

  assert.equal(list.ended, true);
  assert.equal(list.hint, null);
});

test('a part without a date says so', () => {
  assert.ok(Number.isNaN(readPlaylist(HEAD + part('a') + HINT).parts[0].date));
});

test('what is no playlist is refused, one without parts or init is told', () => {
  for (const text of ['', '<html>'])
    assert.throws(() => readPlaylist(text), /no playlist/);
  for (const text of ['#EXTM3U\n', HEAD.replace(/.*PART-INF.*\n/, ''),
                      HEAD.replace(/.*MAP.*\n/, '')])
    assert.equal(readPlaylist(text).hasParts, false);
  assert.equal(readPlaylist(HEAD).hasParts, true);
});

const uris = (parts) => parts.map(({ uri }) => uri);

test('the parts behind the last one follow on, none is an answer too', () => {
  const list = readPlaylist(HEAD + part('a') + CLOSE + part('b') + part('c') +
    HINT);
  const [a, b, c] = list.parts;

  assert.deepEqual(uris(followsOn(list, a)), ['b', 'c']);
  assert.deepEqual(uris(followsOn(list, b)), ['c']);
  assert.deepEqual(followsOn(list, c), []);
});

test('nothing follows on a part that is not listed any more', () => {
  const list = readPlaylist(HEAD + CLOSE + part('b') + HINT);

  assert.equal(followsOn(list, { msn: 890, part: 0, uri: 'a' }), null);
  assert.equal(followsOn(list, { msn: 892, part: 0, uri: 'z' }), null);
});

test('another part in the same place is another stream', () => {
  const list = readPlaylist(HEAD + part('b') + HINT);

  assert.equal(followsOn(list, { msn: 890, part: 0, uri: 'a' }), null);
});

test('a picture begins with the newest independent part', () => {
  const list = readPlaylist(HEAD + part('a', ',INDEPENDENT=YES') +
    part('b', ',INDEPENDENT=YES') + part('c') + HINT);

  assert.deepEqual(uris(newestStart(list)), ['b', 'c']);
  assert.deepEqual(newestStart(readPlaylist(HEAD + part('a') + HINT)), []);
});
