// SPDX-License-Identifier: MIT
/*
 * The elements of the page, and what is shown in them of what is known. The
 * words are in words.js, the looks in page.css.
 */
import { DetailList } from './detail_list.js';
import { Spoken } from './spoken.js';
import { describe } from './words.js';

const IDS = ['stage', 'picture', 'still', 'camera', 'badge', 'state',
             'latency', 'details', 'home', 'pause', 'back', 'forward',
             'snapshot', 'info', 'pip', 'full', 'resume', 'spoken'];

const put = (element, text) => {
  // Only where it differs: a screen reader reads changes.
  if (element.textContent !== text)
    element.textContent = text;
};

export class View {
  pointerRests = false;
  #spoken = new Spoken();

  constructor() {
    for (const id of IDS)
      this[id] = document.getElementById(id);
    this.detailList = new DetailList(this.details, this.picture);
  }

  /* Once: whose picture this is, and in what surroundings. */
  name(camera, { embedded }) {
    document.body.toggleAttribute('data-embed', embedded);
    document.title = `${camera} – Oriel`;
    this.camera.textContent = camera;
    this.picture.setAttribute('aria-label', `Live picture from ${camera}`);
  }

  toggleDetails() {
    this.details.hidden = !this.details.hidden;
    this.info.ariaExpanded = String(!this.details.hidden);
  }

  /*
   * `state` of watch.js; `stream` of stream.js, or null; latency in ms or
   * null; `news` of news.js.
   */
  show({ state, stream, latency, news }) {
    const { body } = document;
    const said = describe({ state, latency, past: stream?.past ?? 0,
                            note: news.device?.note });

    body.dataset.state = said.state;
    body.toggleAttribute('data-paused', state === 'paused');
    body.toggleAttribute('data-pictured',
                         this.picture.videoWidth + this.still.width > 0);
    body.toggleAttribute('data-idle', this.pointerRests &&
      this.details.hidden && ['live', 'past'].includes(said.state));
    put(this.badge, said.badge);
    put(this.state, said.sentence);
    put(this.spoken, this.#spoken.hear(performance.now(), said.sentence));
    put(this.latency, said.latency);
    this.latency.hidden = !said.latency;
    this.#showButtons(said.state);
    this.detailList.show({ latency, viewers: news.viewers,
                           device: news.device,
                           bitrate: stream?.bitrate ?? NaN,
                           player: stream?.kind ?? null,
                           stalls: stream?.stalls ?? 0 });
  }

  #showButtons(state) {
    const label = state === 'paused' ? 'Play' : 'Pause';

    this.forward.hidden = state !== 'past';
    this.resume.hidden = state !== 'paused';
    this.back.disabled = this.snapshot.disabled = !this.picture.videoWidth;
    if (this.pause.ariaLabel !== label) {
      this.pause.ariaLabel = label;
      this.pause.title = `${label} (space)`;
    }
  }
}
