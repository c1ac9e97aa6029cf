// SPDX-License-Identifier: MIT
/* LL-HLS as draft-pantos-hls-rfc8216bis has it, from the real programs. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Follower } from './follower.mjs';
import { readInit, readPart } from './mp4.mjs';
import { Camera, finishAll, Relay, runSeconds, SLOW } from './oriel.mjs';
import { describe } from './playlist_checker.mjs';
import { lastPosition, nextPosition, readPlaylist } from './playlist_text.mjs';

const NAME = 'yard';
let relay;
let camera;
let client;

before(async () => {
  relay = await Relay.start();
  camera = await Camera.start(relay, { name: NAME });
  await camera.live();
  client = relay.client(NAME);
});

after(async () => {
  client.close();
  await finishAll(camera, relay);
});

const plain = async () =>
  readPlaylist((await client.get('index.m3u8')).body.toString());

/*
 * What is answered at once: a busy machine may be late now and then. What waits
 * for the next part takes a whole one each time that it is asked again.
 */
async function atOnce(path) {
  const answers = [];

  for (let i = 0; i < 5 && !(answers.at(-1)?.ms < 150 * SLOW); i++)
    answers.push(await client.get(path));
  const { status, ms, headers } = answers.at(-1);
  assert.ok(ms < 150 * SLOW, `${path} took ${ms} ms`);
  assert.ok(answers.every((answer) => answer.status === status));
  return { status, headers };
}

test('a run of playlists and all they name keep every rule', async (t) => {
  const initOf = new Map();
  let end = null; // where the next part must begin, in ticks
  const follower = new Follower(client, {
    slow: SLOW,
    async onPart({ msn, part, bytes, segment, map }) {
      if (!initOf.has(map))
        initOf.set(map, readInit((await client.get(map)).body));
      const samples = readPart(bytes);
      const { timescale } = initOf.get(map);
      const ticks = samples.reduce((sum, { duration }) => sum + duration, 0);
      const said = segment.parts[part];
      if (Math.abs(ticks / timescale - said.duration) > 0.00002)
        follower.problem(`${said.uri}: ${ticks / timescale} s of samples, ` +
                         `DURATION ${said.duration}`);
      if (said.independent !== samples[0].key)
        follower.problem(`${said.uri}: INDEPENDENT is wrong`);
      if (samples.slice(1).some(({ key }) => key))
        follower.problem(`${said.uri}: a key frame inside`);
      // A test card that the processor is too busy to draw breaks off.
      const breaks = segment.discontinuity && part === 0;
      if (end !== null && !breaks && samples[0].dts !== end)
        follower.problem(`${said.uri} begins at ${samples[0].dts}, not ${end}`);
      end = samples[0].dts + ticks;
    },
  });
  await follower.run(runSeconds(30) * 1000);
  t.diagnostic(`${follower.playlists} playlists, ${follower.parts} parts, ` +
    `${follower.askedAgain} asked for again after removal`);
  t.diagnostic(describe(follower.latest));
  assert.deepEqual(follower.problems, []);
  assert.equal(follower.unavailable, 0);
  assert.equal(initOf.size, 1);
  assert.ok(follower.playlists > 20 && follower.parts > 20);
});

test('a blocking reload is answered when the part is there, not before',
     async () => {
  const next = nextPosition(await plain());
  const answer = await client.get(
    `index.m3u8?_HLS_msn=${next.msn}&_HLS_part=${next.part}`);
  assert.equal(answer.status, 200);
  const last = lastPosition(readPlaylist(answer.body.toString()));
  assert.ok(last.msn > next.msn ||
            (last.msn === next.msn && last.part >= next.part));
});

test('a reload for what is there already is answered at once', async () => {
  const { segments } = await plain();
  for (const query of [`_HLS_msn=${segments[0].msn}`,
                       `_HLS_msn=${segments[1].msn}&_HLS_part=0`, '_HLS_msn=0',
                       '_HLS_part=0&_HLS_msn=1', 'other=1', '']) {
    const { status } = await atOnce(`index.m3u8?${query}`);
    assert.equal(status, 200, query);
  }
});

test('a missing part means the first of the segment', async () => {
  const { segments } = await plain();
  const msn = segments.at(-1).msn + 1;
  const answer = await client.get(`index.m3u8?_HLS_msn=${msn}`);
  assert.equal(answer.status, 200);
  assert.ok(lastPosition(readPlaylist(answer.body.toString())).msn >= msn);
});

test('a part behind the last of its segment means the next segment',
     async () => {
  const { segments } = await plain();
  const closed = segments.filter(({ uri }) => uri !== null).at(-1);
  const beyond = `_HLS_msn=${closed.msn}&_HLS_part=${closed.parts.length}`;
  const answer = await client.get(`index.m3u8?${beyond}`);
  assert.equal(answer.status, 200);
  assert.ok(lastPosition(readPlaylist(answer.body.toString())).msn >
            closed.msn);
});

test('what no player may ask for is refused at once', async () => {
  const { segments } = await plain();
  const msn = segments.at(-1).msn;
  for (const query of [`_HLS_part=0`, `_HLS_msn=${msn + 4}`,
                       `_HLS_msn=${msn}&_HLS_part=500`, '_HLS_msn=x',
                       '_HLS_msn=-1', '_HLS_msn=', `_HLS_msn=${msn}.5`,
                       '_HLS_msn=99999999999999999999', '_HLS_msn=1x',
                       `_HLS_msn=${msn}&_HLS_part=-1`]) {
    const { status, headers } = await atOnce(`index.m3u8?${query}`);
    assert.equal(status, 400, query);
    assert.equal(headers['cache-control'], 'no-store');
  }
});

test('two segments ahead is the farthest one may ask', async () => {
  const { segments } = await plain();
  const msn = segments.at(-1).msn + 2;
  assert.equal((await client.get(`index.m3u8?_HLS_msn=${msn}`)).status, 200);
});

test('a hundred viewers wait for the same part and all get it', async () => {
  const next = nextPosition(await plain());
  const answers = await Promise.all(Array.from({ length: 100 }, () =>
    client.get(`index.m3u8?_HLS_msn=${next.msn + 1}&_HLS_part=0`)));
  for (const { status, body } of answers) {
    assert.equal(status, 200);
    assert.ok(body.equals(answers[0].body) || body.length > 0);
  }
});

test('gzip and plain playlists say the same', async () => {
  for (let i = 0; i < 5; i++) {
    const gzip = await client.get('index.m3u8', { gzip: true });
    const text = await client.get('index.m3u8');
    assert.equal(gzip.headers['content-encoding'], 'gzip');
    assert.equal(text.headers['content-encoding'], undefined);
    assert.match(text.headers.vary, /accept-encoding/i);
    if (gzip.body.equals(text.body))
      return;
  }
  assert.fail('never the same');
});

test('a hinted part is held whole until it is there', async () => {
  let took = Infinity; // from the first byte to the last; of some, the least

  for (let i = 0; i < 3 && took >= 100 * SLOW; i++) {
    const { hints } = await plain();
    const { uri } = hints.find(({ type }) => type === 'PART');
    const answer = await client.get(uri);
    assert.equal(answer.status, 200);
    assert.equal(answer.body.length, Number(answer.headers['content-length']));
    took = Math.min(took, answer.ms - answer.firstByteMs);
  }
  assert.ok(took < 100 * SLOW, `${took} ms from first byte to last`);
});

test('names that were never announced are 404 at once', async () => {
  const { hints } = await plain();
  const { uri } = hints.find(({ type }) => type === 'PART');
  const far = uri.replace(/-(\d+)\./, (all, msn) => `-${Number(msn) + 50}.`);
  for (const name of [far, 'init-00000000.mp4', '00000000-1.m4s', 'x.m4s',
                      uri.replace(/^./, (c) => (c === 'f' ? 'e' : 'f'))]) {
    const { status } = await atOnce(name);
    assert.equal(status, 404, name);
  }
});
