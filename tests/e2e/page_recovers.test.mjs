// SPDX-License-Identifier: MIT
/*
 * What happens to a page in real life: the network goes, relay and camera are
 * started anew, the laptop sleeps, the tab is covered. It always plays again
 * by itself, live, and downloads nothing that nobody looks at.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { answered, UNANSWERED } from './browser.mjs';
import { DESKTOP } from './look.mjs';
import { BACK, makeMovable, playsLive, says, Stage } from './page_stage.mjs';

const HOUR = 3600000;
const SILENCE = 2800; // ms: a player that shows nothing for longer is replaced

let stage;

before(async () => {
  stage = await Stage.open();
});

after(async () => {
  await stage?.close();
});

/* `cut`: what the browser may log, because the test cuts the network. */
async function withViewer(run, { cut = [] } = {}) {
  const viewer = await stage.view({ ...DESKTOP, before: makeMovable });

  await playsLive(viewer);
  await viewer.allowing(cut, () => run(viewer, viewer.page));
  await viewer.close();
}

const starts = async (viewer) => (await viewer.oriel()).starts;

/* Requests in the next `ms`. */
async function requestsIn(page, ms) {
  let count = 0;
  const note = () => { count++; };

  page.on('request', note);
  await sleep(ms);
  page.off('request', note);
  return count;
}

test('the network goes for five seconds', async (t) => {
  await withViewer(async (viewer) => {
    await viewer.context.setOffline(true);
    await says(viewer, /Offline/);
    await sleep(3000);
    await viewer.context.setOffline(false);
    const back = Date.now();
    await playsLive(viewer, { most: 1000 });
    t.diagnostic(`live again after ${Date.now() - back} ms`);
  }, { cut: [UNANSWERED] });
});

test('an answer that is lost now and then costs no new start', async () => {
  await withViewer(async (viewer, page) => {
    let count = 0;
    await page.route(/\.m4s|index\.m3u8/, (route) => {
      count++;
      return count % 7 === 0 ? route.abort() : route.continue();
    });
    await sleep(5000);
    await page.unroute(/\.m4s|index\.m3u8/);
    await playsLive(viewer, { most: 1000 });
    assert.equal(await starts(viewer), 1);
  }, { cut: [UNANSWERED] });
});

test('the relay is started anew', async (t) => {
  await withViewer(async (viewer) => {
    await stage.relay.kill();
    await sleep(2000);
    await stage.relay.begin();
    const back = Date.now();
    await stage.camera.live();
    await playsLive(viewer, { most: 1000, timeout: BACK + 5000 });
    t.diagnostic(`live again ${Date.now() - back} ms after the relay`);
  }, { cut: [UNANSWERED, answered(503)] });
});

test('the camera goes, comes back in another size, and back again', async () => {
  await withViewer(async (viewer, page) => {
    for (const width of [320, 640]) {
      await stage.camera.child.stop();
      await says(viewer, /Waiting for the camera/);
      stage.camera.args = ['--source', 'testcard', '--width', String(width),
                           '--height', String((width * 9) / 16)];
      await stage.camera.begin();
      await page.waitForFunction(
        (wanted) => document.querySelector('video').videoWidth === wanted,
        width, { timeout: BACK });
      await playsLive(viewer, { most: 1000 });
    }
  });
});

test('a camera that is away for a moment only leaves no black', async () => {
  await withViewer(async (viewer, page) => {
    await stage.camera.child.stop();
    await stage.camera.begin();
    await playsLive(viewer, { most: 1000 });
    assert.equal(await page.evaluate(
      () => document.querySelector('video').buffered.length), 1,
      'the timeline has a hole');
  });
});

test('the camera hangs for three seconds', async () => {
  await withViewer(async (viewer) => {
    stage.camera.allowed.push(/late|behind|stood|slow|clock/);
    stage.camera.child.signal('SIGSTOP');
    await sleep(3000);
    stage.camera.child.signal('SIGCONT');
    await playsLive(viewer, { most: 1000 });
  });
});

/*
 * With parts of two frames every second hint never comes, when the camera
 * hangs; that is nothing to log as an error, and nothing to begin anew for.
 * Three seconds without a picture are: on a busy machine a camera that may run
 * for 0.4 s at a time can need as long.
 */
test('the camera hangs for moments, and the console stays empty', async (t) => {
  stage.camera.allowed.push(/late|behind|stood|slow|clock/);
  await stage.camera.child.stop();
  await stage.startCamera(['--latency', 'lan']);
  stage.camera.allowed.push(/late|behind|stood|slow|clock/);
  await withViewer(async (viewer) => {
    await viewer.collect({ timecode: false });
    for (let i = 0; i < 5; i++) {
      stage.camera.child.signal('SIGSTOP');
      await sleep(600);
      stage.camera.child.signal('SIGCONT');
      await sleep(400);
    }
    await playsLive(viewer, { most: 1000 });
    await viewer.take();
    const { starts: count, reasons, stalls } = await viewer.oriel();
    const gaps = viewer.frames.slice(1)
      .map(({ at }, i) => at - viewer.frames[i].at);
    t.diagnostic(`ran dry ${stalls} times, stood for ` +
                 `${Math.max(...gaps).toFixed(0)} ms at most, ${count} starts`);
    assert.ok(count - 1 <= gaps.filter((gap) => gap > SILENCE).length,
              `it began anew: ${reasons}`);
  });
  await stage.camera.finish();
  await stage.startCamera();
});

test('the browser\'s clock is an hour off', async () => {
  await withViewer(async (viewer, page) => {
    await page.evaluate((wall) => window.skew({ wall }), HOUR);
    await sleep(2500);
    await playsLive(viewer, { most: 1000 });
    const { latency, clockOffset } = await viewer.oriel();
    assert.ok(latency > 50, `${latency}`);
    assert.ok(Math.abs(clockOffset + HOUR) < 100, `${clockOffset}`);
  });
});

test('the laptop sleeps for an hour: connections are dead, clocks ahead',
     async (t) => {
  await withViewer(async (viewer, page) => {
    // What was asked for before never gets an answer.
    await page.route(/index\.m3u8|\.m4s|state\.json/, () => {});
    await sleep(1000);
    await page.unroute(/index\.m3u8|\.m4s|state\.json/);
    await page.evaluate((wall) => window.skew({ wall }), HOUR);
    const woke = Date.now();
    await playsLive(viewer, { most: 1000 });
    t.diagnostic(`live again after ${Date.now() - woke} ms`);
    assert.ok(Date.now() - woke < 4000);
  });
});

test('the browser freezes the page', async () => {
  await withViewer(async (viewer, page) => {
    const session = await viewer.context.newCDPSession(page);
    await session.send('Page.setWebLifecycleState', { state: 'frozen' });
    await sleep(8000);
    await session.send('Page.setWebLifecycleState', { state: 'active' });
    await playsLive(viewer, { most: 1000 });
  });
});

test('a covered tab downloads nothing after a minute, and is live at once',
     async (t) => {
  await withViewer(async (viewer, page) => {
    assert.ok(await requestsIn(page, 1000) > 3);
    await page.evaluate(() => window.hide(true));
    await sleep(1000);
    assert.ok(await requestsIn(page, 1000) > 3, 'it rested too early');
    await page.evaluate(() => window.skew({ mono: 60000, wall: 60000 }));
    await page.waitForFunction(() => window.oriel.resting);
    await sleep(1000);
    assert.equal(await requestsIn(page, 2000), 0);
    await page.evaluate(() => window.hide(false));
    const back = Date.now();
    await playsLive(viewer, { most: 1000 });
    t.diagnostic(`live again after ${Date.now() - back} ms, ` +
                 `${await starts(viewer)} starts`);
  });
});

test('a paused page rests too, and goes on live', async () => {
  await withViewer(async (viewer, page) => {
    await page.keyboard.press(' ');
    await sleep(500);
    await page.evaluate(() => window.skew({ mono: 61000, wall: 61000 }));
    await page.waitForFunction(() => window.oriel.resting);
    await sleep(1000);
    assert.equal(await requestsIn(page, 2000), 0);
    await page.keyboard.press(' ');
    await playsLive(viewer, { most: 1000 });
  });
});

/* --- streams that part_stream.js leaves to hls.js ----------------------------- */

async function plays(how, change) {
  await withViewer(async (viewer, page) => {
    await page.route(/index\.m3u8/, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: change(await response.text()) });
    });
    await page.reload({ waitUntil: 'domcontentloaded' });
    await playsLive(viewer, { most: 8000, timeout: BACK + 6000 });
    assert.equal(await page.evaluate(() => window.oriel.player), how);
    await page.unrouteAll({ behavior: 'ignoreErrors' });
  });
}

test('no independent part near the edge', async () => {
  await plays('hls.js', (text) => text.replaceAll(',INDEPENDENT=YES', ''));
});

test('no parts at all', async () => {
  await plays('hls.js', (text) => text.replace(
    /^#EXT-X-(PART|PRELOAD|SERVER)[^\n]*\n/gm, ''));
});
