// SPDX-License-Identifier: MIT
/*
 * What a test of the page needs: relay, camera and browser, and a page whose
 * clocks and visibility can be moved.
 */
import assert from 'node:assert/strict';

import { openBrowser, Viewer } from './browser.mjs';
import { NETWORK } from './look.mjs';
import { Camera, finishAll, Relay, SANITIZED } from './oriel.mjs';

/* Until what has been interrupted plays again, ms. */
export const BACK = SANITIZED ? 15000 : 6000;

/*
 * Runs in the page, before it: window.skew() moves its clocks on, as a machine
 * does that slept; window.hide() covers it, or not.
 */
export function makeMovable() {
  const ahead = { wall: 0, mono: 0 };
  const realDate = Date.now.bind(Date);
  const realNow = performance.now.bind(performance);
  let hidden = false;

  Date.now = () => realDate() + ahead.wall;
  performance.now = () => realNow() + ahead.mono;
  window.skew = ({ wall = 0, mono = 0 }) => {
    ahead.wall += wall;
    ahead.mono += mono;
  };
  Object.defineProperty(document, 'hidden', { get: () => hidden });
  window.hide = (wanted) => {
    hidden = wanted;
    document.dispatchEvent(new Event('visibilitychange'));
  };
}

export class Stage {
  /* `camera`: its arguments; null: there is none yet. */
  static async open({ name = 'porch', camera = [], relay = {} } = {}) {
    const stage = new Stage();
    stage.name = name;
    stage.viewers = [];
    stage.relay = await Relay.start(relay);
    if (camera)
      await stage.startCamera(camera);
    stage.browser = await openBrowser();
    return stage;
  }

  async startCamera(args = []) {
    this.camera = await Camera.start(this.relay, { name: this.name, args });
    // It says so when the relay is gone; that is no fault of its own.
    this.camera.allowed.push(/uplink/);
    await this.camera.live();
  }

  /* `cut`: the test cuts its network, of which the browser complains. */
  async view(options = {}, { path = `${this.name}/`, cut = false } = {}) {
    const viewer = await Viewer.open(this.browser, this.relay.url + path,
                                     options);
    viewer.cut = cut;
    this.viewers.push(viewer);
    return viewer;
  }

  /* Nothing in its console that should not be there. */
  check(viewer) {
    const bad = viewer.problems.filter(
      (text) => !(viewer.cut && NETWORK.test(text)));

    assert.deepEqual(bad, []);
  }

  async leave(viewer) {
    this.viewers = this.viewers.filter((one) => one !== viewer);
    this.check(viewer);
    await viewer.close();
  }

  async close() {
    for (const viewer of this.viewers)
      this.check(viewer);
    await this.browser?.close();
    await finishAll(this.camera, this.relay);
  }
}

/* Until it says this; a page says what it does, never only a spinner. */
export async function says(viewer, pattern, timeout = 10000) {
  await viewer.page.waitForFunction(
    (source) => new RegExp(source).test(
      document.getElementById('state').textContent),
    pattern.source, { timeout, polling: 50 });
}

/* Until the picture is live and no older than `most` ms. */
export async function playsLive(viewer, { most = 2000, timeout = BACK } = {}) {
  await viewer.page.waitForFunction(
    (limit) => window.oriel?.state === 'live' && window.oriel.past === 0 &&
      window.oriel.latency !== null && window.oriel.latency < limit &&
      !document.querySelector('video').paused,
    SANITIZED ? most * 4 : most, { timeout, polling: 50 });
}
