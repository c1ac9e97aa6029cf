// SPDX-License-Identifier: MIT
/*
 * What axe-core cannot see: that the page can be used by keys alone and with
 * little room, in both schemes over any picture, and that it does not talk too
 * much or move for those who do not want that.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { DESKTOP, PHONE, checkAccessible } from './look.mjs';
import { playsLive, Stage } from './page_stage.mjs';

const CONTROLS = ['home', 'pause', 'back', 'snapshot', 'info', 'pip', 'full']
  .map((id) => `#${id}`);
const AA = 4.5; // WCAG 2.2, 1.4.3
const AA_GRAPHICS = 3; // 1.4.11
const TARGET = 32; // CSS pixels, more than the 24 of 2.5.8

let stage;

before(async () => {
  stage = await Stage.open();
});

after(async () => {
  await stage?.close();
});

test('the picture fills the window', async () => {
  for (const options of [DESKTOP, PHONE]) {
    const viewer = await stage.view(options);
    const { width, height } = options.viewport;

    await playsLive(viewer);
    assert.deepEqual(await viewer.page.locator('#picture').boundingBox(),
                     { x: 0, y: 0, width, height });
    assert.equal(await viewer.page.evaluate(
      () => document.documentElement.scrollHeight > innerHeight), false);
    await viewer.close();
  }
});

/* --- keys ---------------------------------------------------------------------- */

test('the keyboard reaches each control in order, and sees where it is',
     async () => {
  const viewer = await stage.view(DESKTOP);
  const { page } = viewer;
  const seen = [];

  await playsLive(viewer);
  // Not every browser has picture in picture, and full screen.
  const wanted = await page.evaluate((all) => all.filter(
    (id) => !document.querySelector(id).hidden), CONTROLS);
  await page.waitForFunction(() => 'idle' in document.body.dataset, null,
                             { timeout: 20000 });
  while (seen.length < wanted.length) {
    await page.keyboard.press('Tab');
    const { id, outline, name } = await page.evaluate(() => {
      const { activeElement: element } = document;
      const style = getComputedStyle(element);

      return { id: element.id, name: element.ariaLabel,
               outline: style.outlineStyle !== 'none' &&
                 parseFloat(style.outlineWidth) >= 2 };
    });
    seen.push(`#${id}`);
    assert.ok(outline, `where the focus is on #${id} is not seen`);
    assert.ok(name, `#${id} has no name`);
  }
  assert.deepEqual(seen, wanted);
  await viewer.close();
});

test('what has the focus does not fade away; what was clicked does',
     async () => {
  const viewer = await stage.view(DESKTOP);
  const { page } = viewer;
  const faded = (wanted) => page.waitForFunction((opacity) =>
    'idle' in document.body.dataset &&
    getComputedStyle(document.querySelector('footer')).opacity === opacity,
    wanted, { timeout: 20000 });

  await playsLive(viewer);
  await page.locator('#back').focus();
  await page.keyboard.press('Tab');
  await faded('1');
  await page.locator('#info').click({ force: true });
  await page.locator('#info').click({ force: true });
  await faded('0');
  await viewer.close();
});

/* --- eyes ---------------------------------------------------------------------- */

/*
 * Runs in the page: the contrast of each text and drawing that lies on a plate,
 * over a black and a white picture, by WCAG's formula.
 */
function contrasts() {
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const mix = (...colours) => { // each over those before it
    context.clearRect(0, 0, 1, 1);
    for (const colour of colours) {
      context.fillStyle = colour;
      context.fillRect(0, 0, 1, 1);
    }
    return [...context.getImageData(0, 0, 1, 1).data];
  };
  const light = (colour) => colour.slice(0, 3).map((byte) => byte / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const found = [];

  for (const element of document.querySelectorAll(
    'h1, #badge, #latency, #state, dt, dd, button:enabled, #home, #resume')) {
    const style = getComputedStyle(element);
    if (style.display === 'none')
      continue;
    const under = [];
    for (let at = element; at.id !== 'stage'; at = at.parentElement)
      under.unshift(getComputedStyle(at).backgroundColor);
    for (const picture of ['#000', '#fff']) {
      const [a, b] = [light(mix(picture, ...under)),
                      light(mix(picture, ...under, style.color))];
      found.push({ what: element.id || element.localName, picture,
                   isText: element.textContent.trim() !== '',
                   contrast: (Math.max(a, b) + 0.05) /
                             (Math.min(a, b) + 0.05) });
    }
  }
  return found;
}

test('in both schemes all can be read, over any picture', async () => {
  for (const colorScheme of ['dark', 'light']) {
    const viewer = await stage.view({ ...DESKTOP, colorScheme });

    await playsLive(viewer);
    await viewer.page.keyboard.press('i');
    await viewer.page.waitForSelector('dd');
    const live = await viewer.page.evaluate(contrasts);
    await viewer.page.keyboard.press(' ');
    await viewer.page.waitForSelector('#resume', { state: 'visible' });
    const paused = await viewer.page.evaluate(contrasts);

    assert.ok(paused.some(({ what }) => what === 'state'));
    assert.deepEqual([...live, ...paused].filter(({ isText, contrast }) =>
      contrast < (isText ? AA : AA_GRAPHICS)), [], colorScheme);
    await checkAccessible(viewer.page);
    await viewer.close();
  }
});

test('on the narrowest phone all controls are there, and can be hit',
     async () => {
  const viewer = await stage.view({ ...PHONE,
                                    viewport: { width: 320, height: 568 } });
  const { page } = viewer;

  await playsLive(viewer);
  await page.waitForFunction(() => {
    const { buffered, currentTime } = document.querySelector('video');
    return currentTime - buffered.start(0) > 2;
  });
  await page.keyboard.press('ArrowLeft'); // then "Live" is there as well
  await page.waitForSelector('#forward', { state: 'visible' });
  const boxes = await page.locator('button:visible, #home').evaluateAll(
    (elements) => elements.map((element) => {
      const { left, right, width, height } = element.getBoundingClientRect();
      return { id: element.id, left, right, width, height };
    }));
  assert.ok(boxes.length >= 7);
  assert.deepEqual(boxes.filter(({ left, right, width, height }) =>
    left < 0 || right > 320 || width < TARGET || height < TARGET), []);
  await viewer.close();
});

test('for who wants no motion nothing moves but the picture', async () => {
  const viewer = await stage.view({ ...DESKTOP, reducedMotion: 'reduce' });

  await playsLive(viewer);
  assert.deepEqual(await viewer.page.evaluate(() =>
    [...document.querySelectorAll('*')].filter((element) => {
      const { transitionProperty, animationName } = getComputedStyle(element);
      return transitionProperty !== 'none' || animationName !== 'none';
    }).map(({ id, localName }) => id || localName)), []);
  await viewer.close();
});

/* --- ears ---------------------------------------------------------------------- */

test('a screen reader hears what lasts, once', async () => {
  const viewer = await stage.view({ ...DESKTOP, before: () => {
    addEventListener('DOMContentLoaded', () => {
      const spoken = document.getElementById('spoken');
      window.heard = [];
      new MutationObserver(() => window.heard.push(spoken.textContent))
        .observe(spoken, { childList: true });
    });
  } });
  const { page } = viewer;

  assert.equal(await page.locator('#spoken').getAttribute('role'), 'status');
  assert.equal(await page.locator('[aria-live], [role=status]').count(), 1);
  await playsLive(viewer);
  await page.waitForFunction(() => window.heard.at(-1) === 'Live');
  const before_ = await page.evaluate(() => window.heard.length);
  for (let i = 0; i < 3; i++) {
    await page.keyboard.press(' ');
    await page.keyboard.press(' ');
  }
  await playsLive(viewer);
  await page.keyboard.press(' ');
  await page.waitForFunction(() => /Paused/.test(window.heard.at(-1)));
  const heard = (await page.evaluate(() => window.heard)).slice(before_);
  assert.equal(heard.filter((text) => /Paused/.test(text)).length, 1,
               `${heard}`);
  await viewer.close();
});
