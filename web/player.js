// SPDX-License-Identifier: MIT
/*
 * The page: joins the player, what the relay says and what the viewer wants,
 * and puts it into words. All decisions are in watch.js.
 */
import { Backoff } from './backoff.js';
import { RelayClock } from './clock.js';
import { askRelay } from './relay.js';
import { openStream } from './stream.js';
import { SENTENCES, Watch } from './watch.js';

const TICK = 250;
const FORGIVE = 60000; // without a stall
const TOO_FAR = 2; // seconds behind where it should play

const page = Object.fromEntries(
  ['stage', 'picture', 'camera', 'state', 'latency', 'pause', 'full']
    .map((id) => [id, document.getElementById(id)]));
const video = page.picture;
const camera = decodeURIComponent(location.pathname.split('/')[1]);

const watch = new Watch();
const clock = new RelayClock();
const newsPause = new Backoff({ first: 500, most: 2000 });
let stream = null;
let starts = 0;
let newsAt = 0;
let shownTime = 0;
let stalledAt = 0;

const now = () => performance.now();

/* Milliseconds from the camera's lens to this screen, or null. */
function latency() {
  const date = stream?.shownDate ?? null;

  return date === null || watch.state(now()) !== 'live'
    ? null : Date.now() + clock.offset - date;
}

function play() {
  video.play().catch((error) => {
    // The browser wants to be asked by a person first.
    if (error.name === 'NotAllowedError')
      setPaused(true);
  });
}

function setPaused(paused) {
  watch.setPaused(now(), paused);
  page.pause.textContent = paused ? 'Play' : 'Pause';
  if (paused) {
    video.pause();
  } else {
    stream?.jumpToLive();
    play();
  }
  show();
}

function start() {
  stream?.close();
  stream = openStream(video, () => {
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

async function askForNews() {
  newsAt = Infinity;
  const news = await askRelay();

  if (news) {
    watch.heard(now(), news.camera);
    clock.sample(news.sent, news.received, news.clock);
  } else {
    watch.silent(now());
  }
  newsAt = now() + newsPause.next();
}

function lookAtPicture() {
  const { currentTime, paused, seeking, readyState } = video;

  if (!paused && !seeking && currentTime !== shownTime &&
      readyState >= HTMLMediaElement.HAVE_CURRENT_DATA)
    watch.moved(now());
  shownTime = currentTime;
  if (watch.state(now()) !== 'live') {
    stalledAt = now();
    return;
  }
  newsPause.reset();
  if (stream.behind > TOO_FAR)
    stream.jumpToLive();
  if (now() - stalledAt > FORGIVE) {
    stream.forgiveStalls();
    stalledAt = now();
  }
}

/* Touches the page only where it differs: a screen reader reads changes. */
function show() {
  const state = watch.state(now());
  const ms = latency();

  if (document.body.dataset.state !== state ||
      page.state.textContent !== SENTENCES[state]) {
    document.body.dataset.state = state;
    page.state.textContent = SENTENCES[state];
  }
  page.latency.hidden = ms === null;
  if (ms !== null)
    page.latency.textContent = `${(ms / 1000).toFixed(1)} s behind`;
}

function tick() {
  lookAtPicture();
  // Nobody looks, browsers pause what is hidden: that is no stall.
  if (document.hidden)
    return;
  if (watch.wantsPlayer(now()))
    start();
  if (watch.wantsNews(now()) && now() >= newsAt)
    askForNews();
  show();
}

function toggleFull() {
  if (document.fullscreenElement)
    document.exitFullscreen();
  else if (page.stage.requestFullscreen)
    page.stage.requestFullscreen().catch(() => {});
  else
    video.webkitEnterFullscreen?.(); // iPhone
}

const togglePaused = () => setPaused(!watch.paused);

page.pause.addEventListener('click', togglePaused);
page.full.addEventListener('click', toggleFull);
video.addEventListener('dblclick', toggleFull);
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat)
    return;
  if (event.key === 'f') {
    toggleFull();
  } else if (event.key === ' ' && event.target.tagName !== 'BUTTON') {
    event.preventDefault();
    togglePaused();
  }
});
document.addEventListener('visibilitychange', () => {
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
  }),
});

const ticking = setInterval(tick, TICK);
tick();
