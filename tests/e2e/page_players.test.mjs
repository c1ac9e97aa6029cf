// SPDX-License-Identifier: MIT
/*
 * Browsers that are not like Debian's Chromium, as far as it can be made to be
 * like them: iPhones' Media Source, none at all, no H.264, and one that lets no
 * page begin to play; and what a page costs until there is a picture.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { DESKTOP, PHONE } from './look.mjs';
import { playsLive, says, Stage } from './page_stage.mjs';

const MOST_REQUESTS = 8; // until the first media is asked for
const MOST_PAGE = 20000; // bytes of page, script and style

let stage;

before(async () => {
  stage = await Stage.open();
});

after(async () => {
  await stage?.close();
});

/* As on an iPhone: there is only Apple's managed kind. */
function onlyManaged() {
  const { MediaSource } = window;

  delete window.MediaSource;
  window.ManagedMediaSource = class extends MediaSource {
    constructor() {
      super();
      window.source = this;
    }
  };
}

function withoutMediaSource() {
  delete window.MediaSource;
  delete window.ManagedMediaSource;
}

test('with a managed source it plays, and downloads when it is told to',
     async () => {
  const viewer = await stage.view({ ...PHONE, before: onlyManaged });
  const { page } = viewer;
  const media = [];
  const tell = (name) => page.evaluate(
    (event) => window.source.dispatchEvent(new Event(event)), name);

  await playsLive(viewer);
  assert.equal(await page.evaluate(() => window.oriel.player), 'this page');
  assert.equal(await page.evaluate(
    () => document.querySelector('video').disableRemotePlayback), true);
  page.on('request', (request) => {
    if (/\.m4s|index\.m3u8/.test(request.url()))
      media.push(request.url());
  });
  await tell('endstreaming');
  await sleep(1000); // what was asked for comes
  const asked = media.length;
  await sleep(1000);
  assert.ok(media.length <= asked + 1, `it asked for ${media.slice(asked)}`);
  await tell('startstreaming');
  await playsLive(viewer);
  assert.ok(media.length > asked);
  await viewer.close();
});

test('without Media Source the browser plays by itself, where it can',
     async (t) => {
  const viewer = await stage.view({ ...DESKTOP, before: withoutMediaSource });

  if (!await viewer.page.evaluate(() => document.createElement('video')
    .canPlayType('application/vnd.apple.mpegurl'))) {
    await viewer.close();
    t.skip('this browser cannot');
    return;
  }
  await viewer.waitForState('live', 30000);
  assert.equal(await viewer.page.evaluate(() => window.oriel.player),
               'the browser');
  await viewer.page.keyboard.press(' ');
  await says(viewer, /Paused/);
  await viewer.page.keyboard.press(' ');
  await viewer.waitForState('live', 30000);
  await viewer.close();
});

test('without H.264 it does not go on trying', async () => {
  const viewer = await stage.view({ ...DESKTOP, before: () => {
    window.MediaSource.isTypeSupported = () => false;
    HTMLMediaElement.prototype.canPlayType = () => '';
  } });

  await says(viewer, /cannot play the video/);
  const { starts } = await viewer.oriel();
  await sleep(3000);
  assert.equal((await viewer.oriel()).starts, starts);
  await viewer.close();
});

test('where a page may not begin to play it says so, embedded as well',
     async () => {
  const viewer = await stage.view({ ...PHONE, before: () => {
    const { play } = HTMLMediaElement.prototype;

    // Until the first click, as with an iPhone that saves power.
    HTMLMediaElement.prototype.play = function () {
      return navigator.userActivation.hasBeenActive ? play.call(this)
        : Promise.reject(new DOMException('no', 'NotAllowedError'));
    };
    addEventListener('DOMContentLoaded', () => {
      document.querySelector('video').autoplay = false;
    });
  } }, { path: 'porch/?embed' });

  await says(viewer, /Paused/);
  await viewer.page.getByRole('button', { name: 'Go on, live' }).click();
  await playsLive(viewer);
  assert.equal(await viewer.page.locator('#resume').isVisible(), false);
  await viewer.close();
});

/*
 * { requests, sizes }: what was asked for until the first media was, and bytes
 * over the wire, by their type, until there was a picture.
 */
async function cost(viewer, url) {
  const session = await viewer.context.newCDPSession(viewer.page);
  const sizes = {};
  const types = new Map();

  await session.send('Network.enable');
  session.on('Network.responseReceived', ({ requestId, response }) => {
    types.set(requestId, response.status === 304 ? 'unchanged'
      : response.mimeType);
  });
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    const type = types.get(requestId);
    sizes[type] = (sizes[type] ?? 0) + encodedDataLength;
  });
  await viewer.page.goto(url, { waitUntil: 'commit' });
  await viewer.page.waitForFunction(() => document.querySelector('video')
    ?.getVideoPlaybackQuality().totalVideoFrames > 0, null, { polling: 10 });
  await session.detach();
  const names = await viewer.page.evaluate(
    () => performance.getEntriesByType('resource').map(({ name }) => name));
  const requests = names.findIndex((name) => /\.(m4s|mp4)$/.test(name)) + 1;
  return { requests, sizes };
}

test('a first picture takes few requests and bytes, a second visit fewer',
     async (t) => {
  const viewer = await stage.view(DESKTOP, { path: '' });
  const url = `${stage.relay.url}porch/`;
  const first = await cost(viewer, url);
  const page = ['text/html', 'text/css', 'text/javascript'].reduce(
    (sum, type) => sum + (first.sizes[type] ?? 0), 0);

  t.diagnostic(JSON.stringify(first));
  assert.ok(first.requests > 0 && first.requests <= MOST_REQUESTS,
            `${first.requests} requests`);
  assert.ok(page <= MOST_PAGE, `${page} bytes`);
  await viewer.page.goto(stage.relay.url);
  const second = await cost(viewer, url);
  t.diagnostic(JSON.stringify(second));
  assert.ok(!second.sizes['text/javascript'], 'the script came once more');
  assert.ok(!second.sizes['text/css'], 'the style came once more');
  await viewer.close();
});
