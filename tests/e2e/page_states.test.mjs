// SPDX-License-Identifier: MIT
/*
 * Every state of the page, on a desktop and on a phone: what it says, that it
 * can be used without eyes, and a picture of it in build/screenshots/.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { answered, UNANSWERED, Viewer } from './browser.mjs';
import { checkAccessible, screenshot, SIZES } from './look.mjs';
import { playsLive, press, says, Stage } from './page_stage.mjs';

let stage;

before(async () => {
  stage = await Stage.open({ camera: null });
});

const POSTERS = ['--poster', '5'];

/* Whatever test is run alone. */
beforeEach(async (t) => {
  if (!stage.camera && !/^without a camera/.test(t.name))
    await stage.startCamera(POSTERS);
});

after(async () => {
  await stage?.close();
});

/*
 * On both sizes at the same time. `name` is that of the picture, `cut` what the
 * browser may log of a network that the test cuts.
 */
async function onBoth(name, run, { cut = [], path, before: early } = {}) {
  await Promise.all(Object.entries(SIZES).map(async ([size, options]) => {
    const viewer = await stage.view({ ...options, before: early }, { path });

    await viewer.allowing(cut, async () => {
      await run(viewer);
      await screenshot(viewer.page, `${name}-${size}`);
      await checkAccessible(viewer.page);
      await viewer.close();
    });
  }));
}

const badge = (viewer) => viewer.page.locator('#badge').innerText();

test('without a camera it is waiting, and plays when one comes', async () => {
  const viewers = [];

  await onBoth('waiting', async (viewer) => {
    await says(viewer, /Waking the camera/);
    await says(viewer, /Waiting for the camera/, 25000);
    assert.equal(await badge(viewer), 'Waiting');
  });
  for (const options of Object.values(SIZES))
    viewers.push(await stage.view(options));
  await sleep(1000);
  await stage.startCamera(POSTERS);
  for (const viewer of viewers) {
    await playsLive(viewer);
    await viewer.close();
  }
});

test('while it connects it says so, and shows the poster', async () => {
  await onBoth('connecting', async (viewer) => {
    await viewer.page.route(/index\.m3u8/, () => {});
    await viewer.page.reload({ waitUntil: 'domcontentloaded' });
    await says(viewer, /Connecting/);
    await viewer.page.waitForFunction(
      () => document.getElementById('still').width === 480, null,
      { timeout: 20000, polling: 100 });
    assert.equal(await badge(viewer), 'Connecting');
  });
});

test('a browser that cannot play it is told what can', async () => {
  await onBoth('unplayable', async (viewer) => {
    await says(viewer, /cannot play the video/);
    await sleep(1500); // and it stays
    await says(viewer, /cannot play the video/);
    assert.equal(await badge(viewer), 'No player');
  }, { before: () => {
    delete window.MediaSource;
    delete window.ManagedMediaSource;
    HTMLMediaElement.prototype.canPlayType = () => '';
  } });
});

test('live has a badge and a latency, and later nothing but the picture',
     async () => {
  await onBoth('live', async (viewer) => {
    const { page } = viewer;
    await playsLive(viewer);
    assert.equal(await badge(viewer), 'Live');
    await page.mouse.move(300, 300);
    assert.match(await page.locator('#latency').innerText(),
                 /^\d\.\d s behind$/);
    await page.waitForFunction(() => 'idle' in document.body.dataset, null,
                               { timeout: 5000 });
    await page.waitForFunction(
      () => getComputedStyle(document.querySelector('footer')).opacity === '0');
    await page.mouse.move(310, 310);
    await page.waitForFunction(
      () => getComputedStyle(document.querySelector('footer')).opacity === '1');
  });
});

test('details are there when they are wanted', async () => {
  await onBoth('details', async (viewer) => {
    const { page } = viewer;
    await playsLive(viewer);
    assert.equal(await page.locator('#details').isVisible(), false);
    await press(viewer, '#info');
    await page.waitForFunction(() => /Viewers\s*[1-9][\s\S]*fps[\s\S]*bit\/s/
      .test(document.getElementById('details').innerText), null,
      { timeout: 8000 });
    assert.equal(await page.locator('#info').getAttribute('aria-expanded'),
                 'true');
  });
});

test('paused it says how to go on', async () => {
  await onBoth('paused', async (viewer) => {
    await playsLive(viewer);
    await press(viewer, '#pause');
    await says(viewer, /Paused/);
    assert.equal(await viewer.page.locator('#pause').getAttribute('aria-label'),
                 'Play');
  });
});

test('back in time it is not called live', async () => {
  await onBoth('past', async (viewer) => {
    await playsLive(viewer);
    await sleep(3000);
    await press(viewer, '#back');
    await viewer.page.waitForFunction(() => window.oriel.past > 1);
    await viewer.page.waitForFunction(
      () => document.body.dataset.state === 'past');
    assert.equal(await badge(viewer), 'Earlier');
    assert.match(await viewer.page.locator('#latency').innerText(), /s ago$/);
  });
});

test('a picture that stands still is called stalled', async () => {
  await onBoth('stalled', async (viewer) => {
    await playsLive(viewer);
    await viewer.page.route(/index\.m3u8|\.m4s/, () => {});
    await says(viewer, /stalled/);
    await sleep(500);
  });
});

test('without a network it is offline, and shows the last picture', async () => {
  await onBoth('offline', async (viewer) => {
    await playsLive(viewer);
    await viewer.context.setOffline(true);
    await says(viewer, /Offline/);
    await sleep(4000);
    const width = await viewer.page.evaluate(() => Math.max(
      document.getElementById('still').width,
      document.getElementById('picture').videoWidth));
    assert.equal(width, 640);
    assert.equal(await badge(viewer), 'Offline');
  }, { cut: [UNANSWERED] });
});

test('a link that may not any more says what to do', async () => {
  await onBoth('refused', async (viewer) => {
    await viewer.page.route(/index\.m3u8|\.m4s|state\.json/,
                            (route) => route.fulfill({ status: 403 }));
    await viewer.page.reload({ waitUntil: 'domcontentloaded' });
    await says(viewer, /may not view/);
    assert.equal(await badge(viewer), 'No access');
  }, { cut: [answered(403)] });
});

test('a stream that is over says so', async () => {
  await onBoth('ended', async (viewer) => {
    await playsLive(viewer);
    await viewer.page.route(/index\.m3u8|\.m4s/, (route) => route.abort());
    await viewer.page.route(/state\.json/, (route) => route.fulfill({
      json: { camera: 'porch', state: 'ended', now_ms: Date.now() } }));
    await says(viewer, /has ended/);
    await sleep(500);
    assert.equal(await badge(viewer), 'Ended');
  }, { cut: [UNANSWERED] });
});

test('embedded it is only the picture, with words when there is none',
     async () => {
  await onBoth('embed', async (viewer) => {
    await playsLive(viewer);
    assert.equal(await viewer.page.locator('header').isVisible(), false);
    assert.equal(await viewer.page.locator('footer').isVisible(), false);
    await viewer.page.keyboard.press(' ');
    await says(viewer, /Paused/);
    await viewer.page.keyboard.press(' ');
    await playsLive(viewer);
  }, { path: 'porch/?embed' });
});

test('another site may show it in a frame', async () => {
  const site = createServer((request, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end('<!doctype html><link rel="icon" href="data:,">' +
      `<iframe src="${stage.relay.url}porch/?embed" width=640 height=360>`);
  });
  await new Promise((done) => { site.listen(0, '127.0.0.1', done); });
  const viewer = await Viewer.open(stage.browser,
    `http://127.0.0.1:${site.address().port}/`, SIZES.desktop);
  const frame = await viewer.page.locator('iframe').elementHandle()
    .then((element) => element.contentFrame());

  await frame.waitForFunction(() => window.oriel?.state === 'live', null,
                              { timeout: 8000, polling: 50 });
  await viewer.close();
  site.close();
});
