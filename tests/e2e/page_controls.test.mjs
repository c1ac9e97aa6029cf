// SPDX-License-Identifier: MIT
/* What a viewer can do on the page, by keys and by buttons. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, beforeEach, afterEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { DESKTOP } from './look.mjs';
import { playsLive, press, says, Stage } from './page_stage.mjs';

let stage;
let viewer;
let page;

before(async () => {
  stage = await Stage.open();
});

after(async () => {
  await stage?.close();
});

beforeEach(async () => {
  viewer = await stage.view(DESKTOP);
  page = viewer.page;
  await playsLive(viewer);
});

afterEach(async () => {
  await viewer.close();
});

test('space pauses, and again goes on, live', async () => {
  await page.keyboard.press(' ');
  await says(viewer, /Paused/);
  const stood = await page.evaluate(
    () => document.querySelector('video').currentTime);
  await sleep(2500);
  assert.equal(await page.evaluate(
    () => document.querySelector('video').currentTime), stood);
  await page.keyboard.press(' ');
  await playsLive(viewer, { most: 1000 });
});

test('a focused button takes the space bar for itself', async () => {
  await page.locator('#info').focus();
  await page.keyboard.press(' ');
  assert.equal(await page.locator('#details').isVisible(), true);
  assert.equal((await viewer.oriel()).state, 'live');
});

test('s saves the picture that is shown', async () => {
  const [download] = await Promise.all([
    page.waitForEvent('download'), page.keyboard.press('s')]);
  const bytes = readFileSync(await download.path());

  assert.match(download.suggestedFilename(),
               /^porch \d{4}-\d\d-\d\d \d\d\.\d\d\.\d\d\.png$/);
  assert.equal(bytes.toString('latin1', 1, 4), 'PNG');
  assert.deepEqual([bytes.readUInt32BE(16), bytes.readUInt32BE(20)],
                   [640, 360]);
});

test('arrows go back in what was seen, and to live again', async () => {
  await sleep(6000);
  await page.keyboard.press('ArrowLeft');
  await page.waitForFunction(() => window.oriel.past > 3);
  const before_ = await page.evaluate(() => window.oriel.past);
  await sleep(3000);
  const later = await page.evaluate(() => window.oriel.past);
  assert.ok(Math.abs(later - before_) < 0.5, 'it crept to live by itself');
  await page.keyboard.press('ArrowRight');
  await playsLive(viewer, { most: 1000 });
  await page.keyboard.press('ArrowRight');
  await playsLive(viewer, { most: 1000 });
});

test('the button goes to live too', async () => {
  await sleep(3000);
  await page.keyboard.press('ArrowLeft');
  await press(viewer, '#forward');
  await playsLive(viewer, { most: 1000 });
  assert.equal(await page.locator('#forward').isVisible(), false);
});

test('f and a double click fill the screen and leave it', async () => {
  const isFull = (wanted) => page.waitForFunction(
    (full) => Boolean(document.fullscreenElement) === full, wanted);

  await page.keyboard.press('f');
  await isFull(true);
  await page.keyboard.press('f');
  await isFull(false);
  await page.locator('video').dblclick();
  await isFull(true);
  await press(viewer, '#full');
  await isFull(false);
});

test('p takes the picture out of the page, where the browser can', async (t) => {
  if (!await page.evaluate(() => document.pictureInPictureEnabled)) {
    assert.equal(await page.locator('#pip').isVisible(), false);
    t.skip('this browser cannot');
    return;
  }
  await page.keyboard.press('p');
  await page.waitForFunction(() => document.pictureInPictureElement !== null);
  await page.keyboard.press('p');
  await page.waitForFunction(() => document.pictureInPictureElement === null);
});

test('keys of the browser stay the browser\'s', async () => {
  await page.evaluate(() => {
    document.addEventListener('keydown',
      (event) => { window.taken = event.defaultPrevented; });
  });
  await page.keyboard.press('Control+i');
  assert.equal(await page.evaluate(() => window.taken), false);
  assert.equal(await page.locator('#details').isVisible(), false);
});
