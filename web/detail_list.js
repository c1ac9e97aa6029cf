// SPDX-License-Identifier: MIT
/* The details of what is played, in a <dl>. What they say is in words.js. */
import { details } from './words.js';

const COUNT = 2000; // ms that frames are counted for

export class DetailList {
  #counted = { at: 0, frames: 0, fps: NaN };

  constructor(list, video) {
    this.list = list;
    this.video = video;
  }

  /* Frames per second, also while nothing is shown. */
  #countFrames() {
    const now = performance.now();
    const { at, frames } = this.#counted;
    const { totalVideoFrames } = this.video.getVideoPlaybackQuality();

    if (now - at > COUNT) {
      const fps = (totalVideoFrames - frames) * 1000 / (now - at);
      this.#counted = { at: now, frames: totalVideoFrames,
                        fps: at && fps >= 0 ? fps : NaN };
    }
    return this.#counted.fps;
  }

  /* `facts`: what details() takes, without what the <video> itself knows. */
  show(facts) {
    const { list, video } = this;
    const fps = this.#countFrames();

    if (list.hidden)
      return;
    const rows = details({ width: video.videoWidth, height: video.videoHeight,
                           fps, ...facts });
    while (list.children.length > rows.length * 2)
      list.lastElementChild.remove();
    rows.flat().forEach((text, i) => {
      const tag = i % 2 ? 'dd' : 'dt';
      const item = list.children[i] ??
        list.appendChild(document.createElement(tag));

      if (item.textContent !== text)
        item.textContent = text;
    });
  }
}
