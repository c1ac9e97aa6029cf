// SPDX-License-Identifier: MIT
/* The small picture that there is of a camera while there is no other. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { openBrowser, Viewer } from './browser.mjs';
import { newFolder } from './child.mjs';
import { makeVideo } from './fixtures.mjs';
import { Camera, Relay, SLOW, finishAll } from './oriel.mjs';
import { age, CELLS, decodeCells } from './timecode.mjs';

/* As soon as there is one that `is` likes. */
async function poster(client, is = () => true) {
  const end = performance.now() + 20000 * SLOW;
  for (;;) {
    const answer = await client.get('poster.jpg');
    if (answer.status === 200 && is(answer))
      return answer;
    assert.ok(performance.now() < end, `no poster: ${answer.status}`);
    await sleep(200);
  }
}

/* Its brightness, one byte a pixel, as ffmpeg reads it: { width, pixels }. */
function decode(jpeg) {
  const { status, stdout, stderr } = spawnSync('ffmpeg', [
    '-hide_banner', '-loglevel', 'error', '-f', 'mjpeg', '-i', '-',
    '-f', 'rawvideo', '-pix_fmt', 'gray', '-'], { input: jpeg });
  assert.equal(status, 0, String(stderr));
  const at = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
  const width = jpeg.readUInt16BE(at + 7);
  assert.equal(stdout.length, width * jpeg.readUInt16BE(at + 5));
  return { width, height: stdout.length / width, pixels: stdout };
}

/* The middle of each cell of the test card's strip (testcard/timecode.h). */
function timecode({ width, height, pixels }) {
  const line = Math.floor(height / 22.5 / 2);
  return decodeCells(Array.from({ length: CELLS }, (_, i) =>
    pixels[line * width + Math.floor((i + 0.5) * width / CELLS)]));
}

test('a poster shows when it was taken, and goes on while it is new',
     async () => {
  const relay = await Relay.start();
  const camera = await Camera.start(relay, { name: 'poster',
                                             args: ['--poster', '2'] });
  const client = relay.client('poster');
  await camera.live();
  const first = await poster(client);
  assert.equal(first.headers['content-type'], 'image/jpeg');
  const image = decode(first.body);
  assert.equal(image.width, 480);
  const taken = timecode(image);
  assert.ok(taken !== null, 'the timecode cannot be read');
  const ago = age(taken, Date.now());
  assert.ok(ago > -1000 && ago < 30000 * SLOW, `${ago} ms old`);
  assert.ok(Math.abs(age(taken, Date.parse(first.headers['last-modified']))) <
            2000 * SLOW, first.headers['last-modified']);

  const { etag } = first.headers;
  const second = await poster(client, ({ headers }) => headers.etag !== etag);
  assert.ok(age(taken, Date.now()) > 1000);
  assert.ok(timecode(decode(second.body)) !== taken);
  const known = await client.get('poster.jpg', {
    headers: { 'If-None-Match': second.headers.etag } });
  assert.ok(known.status === 304 || known.headers.etag !== second.headers.etag);

  await camera.finish(); // it stays while the camera is away
  assert.equal((await client.get('poster.jpg')).status, 200);
  client.close();
  await relay.finish();
});

test('the page shows it while the camera is away, and the list does', async () => {
  const relay = await Relay.start();
  const camera = await Camera.start(relay, { name: 'away',
                                             args: ['--poster', '2'] });
  const client = relay.client('away');
  const browser = await openBrowser();
  await poster(client);
  client.close();
  await camera.finish();
  await sleep(7000); // what it sent last is too old to play by then

  const viewer = await Viewer.open(browser, `${relay.url}away/`);
  await viewer.page.waitForFunction(
    () => document.getElementById('still').width === 480, null,
    { timeout: 15000 * SLOW });
  assert.equal(await viewer.page.evaluate(
    () => document.getElementById('picture').videoWidth), 0);
  await viewer.close();

  const list = await Viewer.open(browser, relay.url);
  await list.page.waitForSelector('li[data-camera="away"][data-drawn]',
                                  { timeout: 15000 * SLOW });
  assert.equal(await list.page.evaluate(
    () => document.querySelector('li canvas').width), 480);
  await list.close();
  await browser.close();
  await relay.finish();
});

test('H.264 that passes through has a poster, too', async () => {
  const relay = await Relay.start();
  const path = makeVideo(newFolder(), 'short.mp4', { seconds: 6, gop: 30 });
  const camera = await Camera.start(relay, {
    name: 'through',
    args: ['--source', path, '--poster', '5', '--poster-width', '320'],
  });
  const client = relay.client('through');
  const { body } = await poster(client);
  const { width, pixels } = decode(body);
  assert.equal(width, 320);
  assert.ok(new Set(pixels).size > 50, 'it is a picture of something');
  client.close();
  await finishAll(camera, relay);
});

test('without posters there is none', async () => {
  const relay = await Relay.start();
  const camera = await Camera.start(relay, { name: 'none',
                                             args: ['--poster', '0'] });
  await camera.live();
  await sleep(3000);
  const client = relay.client('none');
  assert.equal((await client.get('poster.jpg')).status, 404);
  client.close();
  await finishAll(camera, relay);
});
