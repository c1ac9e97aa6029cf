// SPDX-License-Identifier: MIT
/* The start page: all cameras one may see, and nothing of the others. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { answered, openBrowser, UNANSWERED, Viewer } from './browser.mjs';
import { checkAccessible, DESKTOP, PHONE, screenshot, SIZES } from './look.mjs';
import { Camera, finishAll, Relay, runOnce } from './oriel.mjs';
import { playsLive, says } from './page_stage.mjs';

let open;
let closed;
let browser;
const cameras = [];

async function startCamera(relay, name, args = ['--fps', '15']) {
  const camera = await Camera.start(relay, { name, args });
  cameras.push(camera);
  camera.allowed.push(/uplink/);
  if (relay === open)
    await camera.live();
  return camera;
}

before(async () => {
  open = await Relay.start();
  closed = await Relay.start({ open: false });
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  await finishAll(...cameras, open, closed);
});

const card = (page, camera) => page.locator(`li[data-camera="${camera}"]`);

async function waitForText(page, camera, text) {
  await page.waitForFunction(
    ([name, wanted]) => document.querySelector(`li[data-camera="${name}"]`)
      ?.innerText.includes(wanted), [camera, text], { timeout: 12000 });
}

/* One scheme each will do, but for who wants to see (LOOKS=all). */
const LOOKS = Object.entries(SIZES).flatMap(([size, options]) =>
  (process.env.LOOKS === 'all' ? ['dark', 'light'] : [options.colorScheme])
    .map((colorScheme) => [`${size}-${colorScheme}`,
                           { ...options, colorScheme }]));

test('without a camera it says so, and what to do', async () => {
  for (const [name, options] of LOOKS) {
    const viewer = await Viewer.open(browser, open.url, options);
    const { page } = viewer;

    await page.getByText(`--relay ws://${new URL(open.url).host}/ --camera`)
      .waitFor();
    assert.match(await page.locator('main').innerText(),
                 /No camera has connected yet[^]*oriel-relay key porch/);
    assert.equal(await page.evaluate(
      () => document.body.scrollWidth <= window.innerWidth), true);
    await screenshot(page, `home-empty-${name}`);
    await checkAccessible(page);
    await viewer.close();
  }
});

test('a closed relay tells its owner what to do, and strangers no more',
     async () => {
  for (const [name, options] of LOOKS) {
    const viewer = await Viewer.open(browser, closed.url, options);
    const { page } = viewer;
    const steps = page.locator('#start');

    await page.getByText(/once you have opened their viewing links/).waitFor();
    assert.equal(await steps.getAttribute('open'), null);
    await screenshot(page, `home-closed-empty-${name}`);
    await steps.locator('summary').click();
    assert.match(await steps.innerText(),
      new RegExp(`link porch --for 7d --url ${closed.url}`.slice(0, -1) + '$'));
    await screenshot(page, `home-closed-steps-${name}`);
    await checkAccessible(page);
    await viewer.close();
  }
});

test('an open relay shows each camera with its state and picture', async () => {
  const yard = await startCamera(open, 'yard');
  await startCamera(open, 'porch');
  await startCamera(open, 'cellar-2', ['--width', '320', '--height', '240',
                                       '--fps', '15']);
  const viewers = await Promise.all(Object.values(SIZES).map(
    (options) => Viewer.open(browser, open.url, options)));
  const watching = await Viewer.open(browser, `${open.url}porch/`);

  await playsLive(watching);
  await yard.child.stop();
  for (const [i, { page }] of viewers.entries()) {
    await waitForText(page, 'cellar-2', 'Live');
    await waitForText(page, 'porch', '1 watching');
    await waitForText(page, 'yard', 'Offline');
    await page.waitForSelector('li[data-camera="porch"][data-drawn]');
    await page.waitForSelector('li[data-camera="cellar-2"][data-drawn]');
    await sleep(500);
    assert.deepEqual(await page.locator('#cameras li').evaluateAll(
      (items) => items.map((item) => item.dataset.camera)),
      ['cellar-2', 'porch', 'yard']);
    assert.ok(await page.locator('#start').isHidden());
    await screenshot(page, `home-${Object.keys(SIZES)[i]}`);
    await checkAccessible(page);
  }
  await watching.close();
  await card(viewers[0].page, 'porch').locator('a').click();
  await playsLive(viewers[0]);
  for (const viewer of viewers)
    await viewer.close();
});

test('viewers are counted, and forgotten when they leave', async () => {
  const viewers = [];
  const count = async () => (await open.state('porch')).viewers;

  for (let i = 0; i < 3; i++)
    viewers.push(await Viewer.open(browser, `${open.url}porch/`));
  for (const viewer of viewers)
    await playsLive(viewer);
  await sleep(5000);
  assert.equal(await count(), 3);
  for (const viewer of viewers)
    await viewer.close();
  await sleep(5000);
  assert.equal(await count(), 0);
});

test('it works without a script', async () => {
  const viewer = await Viewer.open(browser, open.url,
                                   { ...DESKTOP, javaScriptEnabled: false });

  assert.match(await viewer.page.locator('main').innerText(), /porch live/);
  await viewer.page.locator('a', { hasText: 'porch' }).click();
  await viewer.page.waitForURL(`${open.url}porch/`);
  await viewer.close();
});

test('a closed relay shows what was opened here, and names nothing else',
     async () => {
  await startCamera(closed, 'secret');
  const { output } = await runOnce('oriel-relay', ['link', 'secret'],
                                   { ORIEL_SECRET: closed.secret });
  const [, path] = /(\/secret\/~\S+)/.exec(output);
  const viewer = await Viewer.open(browser, closed.url, DESKTOP);
  const { page } = viewer;

  await sleep(500);
  assert.equal(await page.locator('#cameras li').count(), 0);
  assert.match(await page.locator('main').innerText(), /viewing link/);
  assert.doesNotMatch(await page.content(), /secret/);
  await screenshot(page, 'home-closed-desktop');
  await page.goto(new URL(path, closed.url).href);
  await playsLive(viewer);
  await page.goto(closed.url);
  await waitForText(page, 'secret', 'Live');
  await page.waitForSelector('li[data-drawn]');
  await screenshot(page, 'home-links-desktop');
  await checkAccessible(page);
  await card(page, 'secret').getByRole('button').click();
  await page.waitForFunction(() => !document.querySelector('#cameras li'));
  await viewer.close();
});

test('a link for all cameras shows them all, each with a link of its own',
     async () => {
  await startCamera(closed, 'attic');
  const all = await closed.link('*');
  const viewer = await Viewer.open(browser, `${closed.url}${all}/`, DESKTOP);
  const { page } = viewer;

  await waitForText(page, 'attic', 'Live');
  await waitForText(page, 'secret', 'Live');
  await card(page, 'attic').locator('a').click();
  await page.waitForURL(`${closed.url}attic/${all}/`);
  await playsLive(viewer);
  await viewer.close();
});

test('who has no link, or a wrong one, reads so on a page', async () => {
  for (const path of ['secret/', 'secret/~AAAA/', 'nobody/~AAAA/']) {
    const viewer = await Viewer.open(browser, 'about:blank', PHONE);

    await viewer.allowing([answered(403)], async () => {
      const response = await viewer.page.goto(closed.url + path);
      assert.equal(response.status(), 403);
      assert.match(await viewer.page.locator('main').innerText(),
                   /No access\s+This .*viewing link.*can give you a link\./);
      await screenshot(viewer.page, 'no-access-phone');
      await checkAccessible(viewer.page);
      await viewer.close();
    });
  }
});

/* By cloud/key.h: `oriel-relay link` makes none for less than a minute. */
function tokenFor(camera, seconds) {
  const expiry = Math.floor(Date.now() / 1000 + seconds).toString(16)
    .padStart(8, '0');
  const hash = createHmac('sha256', closed.secret)
    .update(`oriel.1 view\n${camera}\n${expiry}`).digest();

  return `~${expiry}${hash.subarray(0, 16).toString('base64url')}`;
}

test('a link that runs out while one watches ends it, in words', async () => {
  const path = `secret/${tokenFor('secret', 15)}/`;
  const viewer = await Viewer.open(browser, closed.url + path, DESKTOP);

  await viewer.allowing([answered(403)], async () => {
    await playsLive(viewer);
    await says(viewer, /may not view the camera any more/, 60000);
    await viewer.page.reload();
    await viewer.page.getByText('This viewing link has expired.').waitFor();
    await viewer.close();
  });
});

test('while the relay is away nothing is called live', async () => {
  const viewer = await Viewer.open(browser, open.url, DESKTOP);

  await waitForText(viewer.page, 'porch', 'Live');
  await viewer.allowing([UNANSWERED], async () => {
    await viewer.context.setOffline(true);
    await waitForText(viewer.page, 'porch', 'Not known');
    assert.match(await viewer.page.locator('#note').innerText(), /Offline/);
    await screenshot(viewer.page, 'home-offline-desktop');
    await viewer.context.setOffline(false);
    await waitForText(viewer.page, 'porch', 'Live');
    await viewer.page.waitForFunction(
      () => document.getElementById('note').hidden);
    await viewer.close();
  });
});
