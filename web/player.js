// SPDX-License-Identifier: MIT
/*
 * The page of one camera: joins the player, what the relay says (news.js), what
 * is shown (view.js) and what the viewer wants (controls.js). The decisions are
 * in watch.js.
 */
import { RelayClock } from './clock.js';
import { hasFull, hasPip, listen, toggleFull, togglePip, watchPointer }
  from './controls.js';
import { openStorage, rememberLink } from './links.js';
import { Nap, Rest } from './nap.js';
import { News } from './news.js';
import { drawPoster, PosterChoice } from './poster.js';
import { keepStill, save, takePicture } from './still.js';
import { openStream } from './stream.js';
import { View } from './view.js';
import { Watch } from './watch.js';
import { snapshotName } from './words.js';

const TICK = 250;
const FORGIVE = 60000; // without a stall
const TOO_FAR = 2; // seconds behind where it should play
const STEP = 5; // seconds, back and forward
const POSTER_WAIT = 500;
const MOST_REASONS = 10;

const view = new View();
const video = view.picture;
const camera = decodeURIComponent(location.pathname.split('/')[1]);

const watch = new Watch();
const clock = new RelayClock();
const nap = new Nap();
const rest = new Rest();
const posters = new PosterChoice();
const news = new News({
  watch, clock, onNews: showPoster, isDetailed: () => !view.details.hidden,
});
let stream = null;
let starts = 0;
let reasons = []; // why it had to be started again, the last ones
let movedAt = null; // the picture, last, by the relay's clock
let shownTime = 0;
let stalledAt = 0;

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

function noteReason(reason) {
  reasons = [...reasons, reason].slice(-MOST_REASONS);
}

function start() {
  keepStill(video, view.still);
  if (stream)
    noteReason('nothing moved');
  stream?.close();
  stream = openStream(video, (reason) => {
    noteReason(reason);
    keepStill(video, view.still);
    stream.close();
    stream = null;
    watch.failed(now());
  });
  if (!stream) {
    watch.cannotPlay();
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
  news.calm();
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

/* A live picture mostly is there before a poster would be of use. */
function showPoster({ camera: how, poster }) {
  setTimeout(() => {
    if (posters.wants(poster, movedAt))
      drawPoster('', view.still).catch(() => {}); // it goes without
  }, how === 'on' ? POSTER_WAIT : 0);
}

/* --- what is shown ------------------------------------------------------------ */

function show() {
  view.show({ state: watch.state(now()), stream, latency: latency(), news });
}

function tick() {
  lookWhoLooks();
  lookAtPicture();
  // Nobody looks, browsers pause what is hidden: that is no stall.
  if (document.hidden)
    return;
  if (nap.look(now(), Date.now())) {
    watch.woke(now());
    news.startAnew();
  }
  if (watch.wantsPlayer(now()))
    start();
  news.look();
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
  view.toggleDetails();
  news.hurry();
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
  full: () => toggleFull(view.stage, video),
};

listen(actions, {
  pause: view.pause, back: view.back, snapshot: view.snapshot,
  info: view.info, pip: view.pip, full: view.full,
});
view.resume.addEventListener('click', () => setPaused(false));
view.forward.addEventListener('click', () => {
  stream?.jumpToLive();
  show();
});
watchPointer((rests) => {
  view.pointerRests = rests;
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
window.addEventListener('online', () => news.hurry());

view.name(camera, {
  embedded: new URLSearchParams(location.search).has('embed'),
});
view.full.hidden = !hasFull(view.stage, video);
view.pip.hidden = !hasPip(video);

/* For tests and the curious; nothing can be changed through it. */
Object.defineProperty(window, 'oriel', {
  value: Object.freeze({
    get state() { return watch.state(now()); },
    get latency() { return latency(); },
    get clockOffset() { return clock.offset; },
    get starts() { return starts; },
    get reasons() { return reasons; },
    get stalls() { return stream?.stalls ?? 0; },
    get past() { return stream?.past ?? 0; },
    get margin() { return stream?.pace?.margin ?? null; },
    get player() { return stream?.kind ?? null; },
    get resting() { return rest.resting; },
  }),
});

setInterval(tick, TICK);
tick();
