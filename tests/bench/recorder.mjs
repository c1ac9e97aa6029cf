// SPDX-License-Identifier: MIT
/*
 * A viewer whose page notes, from its first moment on, each picture that is
 * shown with its timecode, and when each part was there and in the buffer. As
 * little as possible is done for a picture: what measures must not slow down.
 */
import { CELLS, crc8 } from '../e2e/timecode.mjs';

const SKIP = 1000; // ms after the first picture that do not count
const GAP = 250; // ms without a new picture are a stall, too

/* Runs in the page before anything of its own. */
function record(cells) {
  const frames = []; // [shown, cells as two numbers]
  const marks = []; // [stage, URI, ms]
  const events = []; // [name, ms]
  const names = new WeakMap(); // ArrayBuffer -> URI
  const clock = () => performance.timeOrigin + performance.now();
  let first = null;

  const { arrayBuffer } = Response.prototype;
  Response.prototype.arrayBuffer = async function read() {
    const bytes = await arrayBuffer.call(this);

    names.set(bytes, this.url);
    marks.push(['got', this.url, clock()]);
    return bytes;
  };
  const { appendBuffer } = SourceBuffer.prototype;
  SourceBuffer.prototype.appendBuffer = function append(bytes) {
    const uri = names.get(bytes.buffer ?? bytes);

    if (uri)
      this.addEventListener('updateend', () => {
        marks.push(['appended', uri, clock()]);
      }, { once: true });
    return appendBuffer.call(this, bytes);
  };

  const canvas = new OffscreenCanvas(cells, 1);
  const context = canvas.getContext('2d', { willReadFrequently: true });

  /* The strip is height * 2 / 45 lines high; a pixel of each cell's middle. */
  function readStrip(video) {
    const lines = Math.max(2, Math.floor((video.videoHeight * 2) / 45));
    const top = Math.floor(lines / 4);
    let bits = '';

    context.drawImage(video, 0, top, video.videoWidth, lines - 2 * top,
                      0, 0, cells, 1);
    const { data } = context.getImageData(0, 0, cells, 1);
    for (let i = 0; i < cells; i++)
      bits += data[i * 4 + 1] > 127 ? '1' : '0';
    return bits;
  }

  function follow(video) {
    const note = (now, frame) => {
      first ??= performance.now();
      frames.push([performance.timeOrigin + frame.expectedDisplayTime,
                   readStrip(video)]);
      video.requestVideoFrameCallback(note);
    };
    video.requestVideoFrameCallback(note);
    for (const name of ['waiting', 'error'])
      video.addEventListener(name, () => {
        // A skip is none: the pictures that it took show how long it was.
        if (first !== null && !video.seeking)
          events.push([name, clock()]);
      });
  }

  new MutationObserver((changes, observer) => {
    const video = document.querySelector('video');

    if (video) {
      observer.disconnect();
      follow(video);
    }
  }).observe(document, { childList: true, subtree: true });

  window.takeRecord = () => ({
    first, frames: frames.splice(0), marks: marks.splice(0),
    events: events.splice(0),
    rate: document.querySelector('video')?.playbackRate ?? null,
    said: window.oriel?.latency ?? null,
    state: window.oriel?.state ?? null,
    starts: window.oriel?.starts ?? null,
    now: clock(),
  });
}

/* "0101..." to milliseconds modulo 2^32; null: not readable. */
export function decodeStrip(bits) {
  const value = parseInt(bits.slice(0, 32), 2);

  return bits.length === CELLS && value !== 0 &&
    crc8(value) === parseInt(bits.slice(32), 2) ? value : null;
}

/* The Unix time in ms near `now` that is `low` modulo 2^32. */
export function unwrap(low, now) {
  return low + Math.round((now - low) / 2 ** 32) * 2 ** 32;
}

export class Recorder {
  /* `html`: what is there instead of what the relay answers. */
  static async open(browser, url, html = null) {
    const recorder = new Recorder();

    recorder.problems = [];
    recorder.frames = []; // { at, taken }: shown and taken, Unix ms
    recorder.marks = [];
    recorder.events = [];
    recorder.unreadable = 0;
    recorder.context = await browser.newContext({
      viewport: { width: 800, height: 520 }, ignoreHTTPSErrors: true,
    });
    recorder.page = await recorder.context.newPage();
    recorder.page.on('pageerror', (e) => recorder.problems.push(`${e}`));
    recorder.page.on('console', (message) => {
      if (message.type() === 'error')
        recorder.problems.push(message.text());
    });
    await recorder.page.addInitScript(record, CELLS);
    if (html)
      await recorder.page.route(url, (route) => route.fulfill({
        body: html, contentType: 'text/html' }));
    await recorder.page.goto(url, { waitUntil: 'commit' });
    return recorder;
  }

  /* Takes what was noted since the last call; returns the new frames. */
  async take() {
    const record_ = await this.page.evaluate(() => window.takeRecord());
    const frames = record_.frames.map(([at, bits]) => {
      const low = decodeStrip(bits);

      return { at, taken: low === null ? null : unwrap(low, at) };
    });
    const readable = frames.filter(({ taken }) => taken !== null);

    this.first = record_.first;
    this.said = record_.said;
    this.state = record_.state;
    this.starts = record_.starts;
    this.unreadable += frames.length - readable.length;
    this.frames.push(...readable);
    this.marks.push(...record_.marks);
    this.events.push(...record_.events);
    return readable;
  }

  /* Finding the place to play at the start makes the element wait, too. */
  stallsSince(begin) {
    return this.events.filter(([name, at]) => name === 'waiting' &&
                                              at >= begin).length;
  }

  async close() {
    await this.context.close();
  }
}

/* What a session showed from `begin`, or a second after its first picture. */
export function judge(recorder, begin = recorder.frames[0]?.at + SKIP) {
  const frames = recorder.frames.filter(({ at }) => at >= begin);
  const gaps = frames.slice(1).map(({ at }, i) => at - frames[i].at);

  return {
    ages: frames.map(({ at, taken }) => at - taken),
    first: recorder.first,
    stalls: recorder.stallsSince(begin),
    gaps: gaps.filter((ms) => ms > GAP).length,
    longest: Math.max(0, ...gaps),
    unreadable: recorder.unreadable,
    starts: recorder.starts,
    problems: recorder.problems,
  };
}
