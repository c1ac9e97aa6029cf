// SPDX-License-Identifier: MIT
/*
 * The page in Debian's Chromium, and what a viewer would see in it: each frame
 * with its timecode and the moment it was shown.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';

import { chromium } from 'playwright-core';

import { age, CELLS, decodeCells } from './timecode.mjs';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser',
                  '/usr/bin/google-chrome'].find((path) => existsSync(path));
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic',
               '--no-first-run', '--disable-background-networking',
               '--disable-component-update', '--disable-sync',
               '--autoplay-policy=no-user-gesture-required'];

/*
 * What Chromium itself logs when a request fails (there is no keeping it from
 * that), for allowing(): without an answer, and with an error for one.
 */
export const UNANSWERED = /^Failed to load resource: net::ERR_/;
export const answered = (status) => new RegExp(
  `^Failed to load resource: the server responded with a status of ${status} `);

const viewers = new Map(); // browser -> those that are open in it

/*
 * Closing it fails where one of its viewers was left with anything in its
 * console that is not allowed: see Viewer.
 */
export async function openBrowser() {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? CHROMIUM, args: FLAGS,
  });
  const close = browser.close.bind(browser);

  viewers.set(browser, new Set());
  browser.close = async () => {
    const left = [...viewers.get(browser)];

    await close();
    for (const viewer of left)
      viewer.check();
  };
  process.on('exit', () => close());
  return browser;
}

/*
 * Runs in the page: notes each frame that is shown. The strip is read from the
 * decoded picture, where it is height * 2 / 45 lines high.
 */
function collectFrames(cellCount) {
  const video = document.querySelector('video');
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const frames = [];

  function readCells() {
    const { videoWidth: width, videoHeight: height } = video;
    const lines = Math.max(2, Math.floor((height * 2) / 45));
    const top = Math.floor(lines / 4);
    const rows = lines - 2 * top;
    const cells = [];

    canvas.width = width;
    canvas.height = rows;
    context.drawImage(video, 0, top, width, rows, 0, 0, width, rows);
    const { data } = context.getImageData(0, 0, width, rows);
    for (let cell = 0; cell < cellCount; cell++) {
      const left = Math.floor((cell * width) / cellCount);
      const size = Math.floor(((cell + 1) * width) / cellCount) - left;
      const edge = Math.floor(size / 4);
      let sum = 0;
      let count = 0;
      for (let y = 0; y < rows; y++)
        for (let x = left + edge; x < left + size - edge; x++, count++)
          sum += data[(y * width + x) * 4 + 1]; // green is most of luma
      cells.push(Math.round(sum / count));
    }
    return cells;
  }

  function note(now, frame) {
    frames.push({
      at: Date.now() + frame.expectedDisplayTime - performance.now(),
      mediaTime: frame.mediaTime,
      presented: frame.presentedFrames,
      cells: cellCount ? readCells() : null,
    });
    video.requestVideoFrameCallback(note);
  }
  video.requestVideoFrameCallback(note);
  // What hls.js and the element call trouble, with its time.
  const stalls = [];
  for (const name of ['waiting', 'stalled', 'error'])
    video.addEventListener(name, () => stalls.push({ name, at: Date.now() }));
  window.takeFrames = () => ({
    frames: frames.splice(0), stalls: stalls.splice(0),
    lost: video.getVideoPlaybackQuality().droppedVideoFrames,
  });
}

/*
 * A viewer: one tab with the camera's page. Whatever its console calls an
 * error, an exception or rejection that nobody caught, or a crash fails the
 * test when it is closed, but for what allowing() was told of.
 */
export class Viewer {
  /* `options` as browser.newContext() takes them; `before` runs in the page. */
  static async open(browser, url, { before = null, ...options } = {}) {
    const viewer = new Viewer();
    viewer.problems = [];
    viewer.allowed = [];
    viewer.browser = browser;
    viewers.get(browser).add(viewer);
    viewer.frames = [];
    viewer.stalls = [];
    viewer.context = await browser.newContext({
      viewport: { width: 1000, height: 600 }, ...options,
    });
    viewer.page = await viewer.context.newPage();
    if (before)
      await viewer.page.addInitScript(before);
    viewer.page.on('pageerror', (error) => viewer.#note(`${error}`));
    viewer.page.on('crash', () => viewer.#note('the page crashed'));
    viewer.page.on('console', (message) => {
      if (message.type() === 'error')
        viewer.#note(`${message.text()} (${message.location().url})`);
    });
    await viewer.page.goto(url, { waitUntil: 'domcontentloaded' });
    return viewer;
  }

  #note(text) {
    if (!this.allowed.some((pattern) => pattern.test(text)))
      this.problems.push(text);
  }

  /*
   * While `run` lasts, which is when the test cuts the network or makes a
   * server refuse, the console may have what matches one of `patterns`.
   */
  async allowing(patterns, run) {
    const before = this.allowed;

    this.allowed = [...before, ...patterns];
    try {
      return await run();
    } finally {
      this.allowed = before;
    }
  }

  check() {
    assert.deepEqual(this.problems, [], 'in the console of the page');
  }

  /* Notes frames from now on; with their timecodes where there are some. */
  collect({ timecode = true } = {}) {
    return this.page.evaluate(collectFrames, timecode ? CELLS : 0);
  }

  /* Takes what was noted since the last call: the new frames. */
  async take() {
    const { frames, stalls, lost } = await this.page.evaluate(
      () => window.takeFrames());
    for (const frame of frames) {
      frame.timecode = frame.cells && decodeCells(frame.cells);
      frame.age = frame.timecode === null ? null
        : age(frame.timecode, frame.at);
    }
    this.frames.push(...frames);
    this.stalls.push(...stalls);
    this.lost = lost;
    return frames;
  }

  /* What the page says of itself. */
  oriel() {
    return this.page.evaluate(() => ({
      state: window.oriel.state, latency: window.oriel.latency,
      starts: window.oriel.starts, reasons: window.oriel.reasons, stalls: window.oriel.stalls,
      clockOffset: window.oriel.clockOffset,
      text: document.getElementById('state').textContent,
    }));
  }

  waitForState(state, timeout = 15000) {
    return this.page.waitForFunction(
      (wanted) => window.oriel.state === wanted, state,
      { timeout, polling: 50 });
  }

  async close() {
    await this.context.close();
    viewers.get(this.browser).delete(this);
    this.check();
  }
}
