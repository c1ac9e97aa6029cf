// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';

globalThis.window ??= {};
const { Playlists } = await import('../../web/playlists.js');

const HEAD = '#EXTM3U\n#EXT-X-TARGETDURATION:1\n' +
  '#EXT-X-PART-INF:PART-TARGET=0.1\n#EXT-X-MEDIA-SEQUENCE:7\n' +
  '#EXT-X-MAP:URI="init.mp4"\n';

/* Segment 7 of `whole` parts, and `open` parts of segment 8. */
function text(whole, open = null, end = '') {
  const parts = (msn, count) => [...Array(count).keys()].map(
    (i) => `#EXT-X-PART:DURATION=0.1,URI="${msn}.${i}"\n`).join('');

  return HEAD + parts(7, whole) + (open === null ? ''
    : `#EXTINF:1,\n7.m4s\n${parts(8, open)}`) + end;
}

/* A loader that is given its answers by hand. */
class Loader {
  constructor(delay) {
    this.delay = delay;
    this.asked = []; // { query, answer, fail }
    this.kept = null;
  }

  playlist(query = '') {
    return new Promise((answer, fail) => {
      this.asked.push({ query, answer, fail });
    });
  }

  keep(isWanted) {
    this.kept = isWanted;
  }

  get queries() {
    return this.asked.map(
      ({ query }) => query.replace(/\?_HLS_msn=|_HLS_part=/g, ''));
  }
}

async function begin(delay, list = text(3)) {
  const loader = new Loader(delay);
  const playlists = new Playlists(loader);
  const newest = playlists.newest();

  loader.asked.shift().answer(list);
  await newest;
  playlists.ask();
  return { loader, playlists };
}

test('on a near relay the next one is asked for, and no more', async () => {
  const { loader, playlists } = await begin(20);

  assert.deepEqual(loader.queries, ['7&3']);
  assert.equal(loader.targetDuration, 1);
  assert.equal(playlists.hasCome, false);
  loader.asked.shift().answer(text(4));
  assert.equal((await playlists.next()).parts.length, 4);
  playlists.ask();
  assert.deepEqual(loader.queries, ['7&4']);
});

test('where answers take longer than parts, several are asked for', async () => {
  const { loader, playlists } = await begin(150);

  assert.deepEqual(loader.queries, ['7&3', '7&4']);
  loader.asked.shift().answer(text(4));
  await playlists.next();
  playlists.ask();
  assert.deepEqual(loader.queries, ['7&4', '7&5']);
});

test('never more than a few, and one while nothing is known of the way',
     async () => {
  assert.equal((await begin(5000)).loader.queries.length, 3);
  assert.equal((await begin(NaN)).loader.queries.length, 1);
});

test('a part behind the last of its segment stands for the next segment',
     async () => {
  const { loader, playlists } = await begin(250);

  assert.deepEqual(loader.queries, ['7&3', '7&4', '7&5']);
  loader.asked.shift().answer(text(4, 0));
  await playlists.next();
  playlists.ask();
  // 7.4 and 7.5 are answered with 8.0; then one names nothing new.
  assert.deepEqual(loader.queries, ['7&4', '7&5', '8&1']);
  loader.asked.shift().answer(text(4, 1));
  assert.deepEqual((await playlists.next()).next, { msn: 8, part: 1 });
  playlists.ask();
  loader.asked.shift().answer(text(4, 1));
  loader.asked.shift().answer(text(4, 2));
  assert.deepEqual((await playlists.next()).next, { msn: 8, part: 2 });
});

test('an answer that was overtaken is left out', async () => {
  const { loader, playlists } = await begin(150);

  loader.asked.shift().answer(text(5));
  await playlists.next();
  loader.asked.shift().answer(text(4));
  const next = playlists.next();
  await new Promise((done) => { setTimeout(done); });
  assert.deepEqual(loader.queries, ['7&5', '7&6']);
  loader.asked.shift().answer(text(6));
  assert.equal((await next).parts.length, 6);
});

test('the end of a stream is news', async () => {
  const { loader, playlists } = await begin(20);

  loader.asked.shift().answer(text(3, null, '#EXT-X-ENDLIST\n'));
  assert.equal((await playlists.next()).ended, true);
});

test('what fails is said by the one that is waited for', async () => {
  const { loader, playlists } = await begin(150);

  loader.asked[1].fail(new Error('second'));
  loader.asked[0].fail(new Error('first'));
  await assert.rejects(playlists.next(), /first/);
});

test('without parts it is left to another player', async () => {
  await assert.rejects(begin(20, '#EXTM3U\n#EXTINF:1,\na.m4s\n'),
                       ({ forGood }) => forGood);
});

test('what is not named any more is not waited for', async () => {
  const { loader } = await begin(
    20, `${text(2)}#EXT-X-PRELOAD-HINT:TYPE=PART,URI="7.2"\n`);

  assert.deepEqual(['7.0', '7.2', 'init.mp4', '7.9'].map(loader.kept),
                   [true, true, true, false]);
});
