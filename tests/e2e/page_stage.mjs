// SPDX-License-Identifier: MIT
/*
 * What a test of the page needs: relay, camera and browser, and a page whose
 * clocks and visibility can be moved.
 */
import { openBrowser, Viewer } from './browser.mjs';
import { Camera, finishAll, Relay, SANITIZED } from './oriel.mjs';

/* Until what has been interrupted plays again, ms. */
export const BACK = SANITIZED ? 30000 : 15000;

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

  view(options = {}, { path = `${this.name}/` } = {}) {
    return Viewer.open(this.browser, this.relay.url + path, options);
  }

  async close() {
    try {
      await this.browser?.close();
    } finally {
      await finishAll(this.camera, this.relay);
    }
  }
}

/*
 * As people do, who move the pointer to where the button was: that brings it
 * back. (By itself Playwright waits until it can be hit.)
 */
export const press = (viewer, selector) =>
  viewer.page.locator(selector).click({ force: true });

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
