// SPDX-License-Identifier: MIT
/*
 * The page of one camera: joins the player, what the relay says and what the
 * viewer wants. The decisions are in watch.js, the words in words.js.
 */
import { Backoff } from './backoff.js';
import { RelayClock } from './clock.js';
import { hasFull, hasPip, listen, toggleFull, togglePip, watchPointer }
  from './controls.js';
import { DetailList } from './detail_list.js';
import { openStorage, rememberLink } from './links.js';
import { Nap, Rest } from './nap.js';
import { drawPoster, PosterChoice } from './poster.js';
import { askRelay } from './relay.js';
import { keepStill, save, takePicture } from './still.js';
import { openStream } from './stream.js';
import { Watch } from './watch.js';
import { describe, snapshotName } from './words.js';

const TICK = 250;
const FORGIVE = 60000; // without a stall
const TOO_FAR = 2; // seconds behind where it should play
const STEP = 5; // seconds, back and forward
/* How often to ask the relay while all is well. */
const NEWS_FIRST = 1000; // until its clock is known well
const NEWS_CLOCKS = 3;
const NEWS_DETAILS = 2000; // viewers are being shown
const NEWS = 30000;
const POSTER_WAIT = 500;

const page = Object.fromEntries(
  ['stage', 'picture', 'still', 'camera', 'badge', 'state', 'latency',
   'details', 'home', 'pause', 'back', 'forward', 'snapshot', 'info', 'pip',
   'full'].map((id) => [id, document.getElementById(id)]));
const { body } = document;
const video = page.picture;
const camera = decodeURIComponent(location.pathname.split('/')[1]);

const watch = new Watch();
const clock = new RelayClock();
const nap = new Nap();
const rest = new Rest();
const detailList = new DetailList(page.details, video);
const posters = new PosterChoice();
const newsPause = new Backoff({ first: 500, most: 2000 });
let stream = null;
let starts = 0;
let newsAt = 0;
let clocks = 0; // how often the relay told its own
let viewers = null;
let device = null; // what the camera says of itself
let movedAt = null; // the picture, last, by the relay's clock
let alarmed = false;
let shownTime = 0;
let stalledAt = 0;
let pointerRests = false;

const now = () => performance.now();

/* Milliseconds from the camera's lens to this screen, or null. */
function latency() {
  const date = stream?.shownDate ?? null;

  return date === null || Number.isNaN(date) || watch.state(now()) !== 'live'
    ? null : Date.now() + clock.offset - date;
}

/* --- the player -------------------------------------------------------------- */

function play() {
  video.play().catch((error) => {
    // The browser wants to be asked by a person first.
    if (error.name === 'NotAllowedError')
      setPaused(true);
  });
}

function setPaused(paused) {
  watch.setPaused(now(), paused);
  if (paused) {
    video.pause();
  } else {
    lookWhoLooks();
    stream?.jumpToLive();
    play();
  }
  show();
}

function start() {
  keepStill(video, page.still);
  stream?.close();
  stream = openStream(video, () => {
    keepStill(video, page.still);
    stream.close();
    stream = null;
    watch.failed(now());
  });
  if (!stream) {
    page.state.textContent = 'This browser cannot play live video.';
    clearInterval(ticking);
    return;
  }
  starts++;
  watch.began(now());
  play();
}

function lookAtPicture() {
  const { currentTime, paused, seeking, readyState } = video;

  if (!paused && !seeking && currentTime !== shownTime &&
      readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) {
    watch.moved(now());
    movedAt = Date.now() + clock.offset;
  }
  shownTime = currentTime;
  if (watch.state(now()) !== 'live') {
    stalledAt = now();
    return;
  }
  newsPause.reset();
  if (stream?.behind > TOO_FAR)
    stream.jumpToLive();
  if (now() - stalledAt > FORGIVE) {
    stream?.forgiveStalls();
    stalledAt = now();
  }
}

/* Nothing is downloaded that nobody sees for long. */
function lookWhoLooks() {
  const seen = !watch.paused &&
    (!document.hidden || document.pictureInPictureElement !== null);
  const change = rest.look(now(), seen);

  if (change)
    stream?.[change]();
}

/* --- what the relay says ------------------------------------------------------ */

/* A live picture mostly is there before a poster would be of use. */
function showPoster({ camera: how, poster }) {
  setTimeout(() => {
    if (posters.wants(poster, movedAt))
      drawPoster('', page.still).catch(() => {}); // it goes without
  }, how === 'on' ? POSTER_WAIT : 0);
}

async function askForNews() {
  newsAt = Infinity;
  const news = await askRelay();

  if (news) {
    watch.heard(now(), news.camera);
    clock.sample(news.sent, news.received, news.clock);
    clocks++;
    viewers = news.viewers;
    device = news.device;
    showPoster(news);
  } else {
    watch.silent(now());
  }
  newsAt = now() + (watch.wantsNews(now()) ? newsPause.next()
    : clocks < NEWS_CLOCKS ? NEWS_FIRST
      : page.details.hidden ? NEWS : NEWS_DETAILS);
}

/* When all was well until now, the next news are not waited for. */
function lookForNews() {
  const before = alarmed;

  alarmed = watch.wantsNews(now());
  if (alarmed && !before)
    newsAt = Math.min(newsAt, now());
  if (!watch.paused && now() >= newsAt)
    askForNews();
}

/* --- what is shown ------------------------------------------------------------ */

const put = (element, text) => {
  // Only where it differs: a screen reader reads changes.
  if (element.textContent !== text)
    element.textContent = text;
};

function show() {
  const past = stream?.past ?? 0;
  const said = describe({ state: watch.state(now()), past,
                          latency: latency(), note: device?.note });

  body.dataset.state = said.state;
  body.toggleAttribute('data-paused', watch.paused);
  body.toggleAttribute('data-idle', pointerRests && page.details.hidden &&
    ['live', 'past'].includes(said.state));
  put(page.badge, said.badge);
  put(page.state, said.sentence);
  put(page.latency, said.latency);
  page.latency.hidden = !said.latency;
  page.forward.hidden = said.state !== 'past';
  page.back.disabled = page.snapshot.disabled = !video.videoWidth;
  const label = watch.paused ? 'Play' : 'Pause';
  if (page.pause.ariaLabel !== label) {
    page.pause.ariaLabel = label;
    page.pause.title = `${label} (space)`;
  }
  detailList.show({ latency: latency(), viewers, device,
                    bitrate: stream?.bitrate ?? NaN,
                    player: stream?.kind ?? null,
                    stalls: stream?.stalls ?? 0 });
}

function tick() {
  lookWhoLooks();
  lookAtPicture();
  // Nobody looks, browsers pause what is hidden: that is no stall.
  if (document.hidden)
    return;
  if (nap.look(now(), Date.now())) {
    watch.woke(now());
    clock.forget();
    clocks = 0;
    newsAt = 0;
  }
  if (watch.wantsPlayer(now()))
    start();
  lookForNews();
  show();
}

/* --- what the viewer does ------------------------------------------------------ */

async function snapshot() {
  const date = stream?.shownDate ?? null;
  const blob = await takePicture(video);

  if (blob)
    save(blob, snapshotName(camera, date ? new Date(date) : new Date()));
}

function toggleDetails() {
  page.details.hidden = !page.details.hidden;
  page.info.ariaExpanded = String(!page.details.hidden);
  newsAt = Math.min(newsAt, now());
  show();
}

const actions = {
  pause: () => setPaused(!watch.paused),
  back: () => {
    stream?.seekBy(-STEP);
    show();
  },
  forward: () => {
    stream?.seekBy(STEP);
    show();
  },
  snapshot,
  info: toggleDetails,
  pip: () => togglePip(video),
  full: () => toggleFull(page.stage, video),
};

listen(actions, {
  pause: page.pause, back: page.back, snapshot: page.snapshot,
  info: page.info, pip: page.pip, full: page.full,
});
page.forward.addEventListener('click', () => {
  stream?.jumpToLive();
  show();
});
watchPointer((rests) => {
  pointerRests = rests;
  show();
});
video.addEventListener('dblclick', actions.full);
video.addEventListener('loadeddata',
  () => rememberLink(openStorage(), camera, location.pathname));
document.addEventListener('visibilitychange', () => {
  nap.reset();
  lookWhoLooks();
  if (document.hidden || watch.paused)
    return;
  if (stream?.behind > 1)
    stream.jumpToLive();
  play();
  tick();
});
window.addEventListener('online', () => {
  newsAt = 0;
});

body.toggleAttribute('data-embed',
                     new URLSearchParams(location.search).has('embed'));
page.full.hidden = !hasFull(page.stage, video);
page.pip.hidden = !hasPip(video);
page.camera.textContent = camera;
document.title = `${camera} – Oriel`;
video.setAttribute('aria-label', `Live picture from ${camera}`);

/* For tests and the curious; nothing can be changed through it. */
Object.defineProperty(window, 'oriel', {
  value: Object.freeze({
    get state() { return watch.state(now()); },
    get latency() { return latency(); },
    get clockOffset() { return clock.offset; },
    get starts() { return starts; },
    get stalls() { return stream?.stalls ?? 0; },
    get past() { return stream?.past ?? 0; },
    get margin() { return stream?.pace?.margin ?? null; },
    get player() { return stream?.kind ?? null; },
    get resting() { return rest.resting; },
  }),
});

const ticking = setInterval(tick, TICK);
tick();
