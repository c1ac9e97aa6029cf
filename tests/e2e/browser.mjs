// SPDX-License-Identifier: MIT
/*
 * The page in Debian's Chromium, and what a viewer would see in it: each frame
 * with its timecode and the moment it was shown.
 */
import { existsSync } from 'node:fs';

import { chromium } from 'playwright-core';

import { age, CELLS, decodeCells } from './timecode.mjs';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser',
                  '/usr/bin/google-chrome'].find((path) => existsSync(path));
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic',
               '--no-first-run', '--disable-background-networking',
               '--disable-component-update', '--disable-sync',
               '--autoplay-policy=no-user-gesture-required'];

export async function openBrowser() {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? CHROMIUM, args: FLAGS,
  });
  process.on('exit', () => browser.close());
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

/* A viewer: one tab with the camera's page. */
export class Viewer {
  /* `options` as browser.newContext() takes them; `before` runs in the page. */
  static async open(browser, url, { before = null, ...options } = {}) {
    const viewer = new Viewer();
    viewer.problems = [];
    viewer.frames = [];
    viewer.stalls = [];
    viewer.context = await browser.newContext({
      viewport: { width: 1000, height: 600 }, ...options,
    });
    viewer.page = await viewer.context.newPage();
    if (before)
      await viewer.page.addInitScript(before);
    viewer.page.on('pageerror', (error) => viewer.problems.push(`${error}`));
    viewer.page.on('console', (message) => {
      if (message.type() === 'error')
        viewer.problems.push(message.text());
    });
    await viewer.page.goto(url, { waitUntil: 'domcontentloaded' });
    return viewer;
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
      starts: window.oriel.starts, stalls: window.oriel.stalls,
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
  }
}
