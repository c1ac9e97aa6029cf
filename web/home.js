// SPDX-License-Identifier: MIT
/*
 * The start page: every camera one may see, with its state and its newest
 * picture. An open relay lists its cameras; with a closed one they are those
 * whose links were opened in this browser.
 */
import { makeCards } from './cards.js';
import { glance } from './glance.js';
import { forgetLink, openStorage, readLinks } from './links.js';
import { PartBuffer } from './part_buffer.js';
import { drawPoster } from './poster.js';

const REFRESH = 3000;
const PICTURE_AGE = 15000;
const TIMEOUT = 4000;

const list = document.getElementById('cameras');
const note = document.getElementById('note');
const start = document.getElementById('start'); // how to connect a camera
const { list: whose } = document.body.dataset; // open, link or closed
const isOpen = whose !== 'closed';
const storage = openStorage();
const expired = new Set(); // cameras whose links are not good any more
const cards = new Map(); // camera -> its element, and when it was drawn

/* --- what is asked ------------------------------------------------------------ */

async function getJson(url) {
  const response = await fetch(url, { cache: 'no-store',
                                      signal: AbortSignal.timeout(TIMEOUT) });

  if (response.status === 403)
    return { state: 'refused' };
  if (!response.ok)
    throw new Error(`${response.status}`);
  return response.json();
}

async function askForLink({ camera, path }) {
  if (expired.has(camera))
    return { camera, state: 'refused' };
  const said = await getJson(`${path}state.json`);

  if (said.state === 'refused')
    expired.add(camera);
  return { ...said, camera };
}

/* A link for all cameras: /~TOKEN/, and each is at /CAMERA/~TOKEN/. */
async function askForAll() {
  const states = await getJson('cameras.json');
  const token = location.pathname.split('/').at(-2);

  if (states.state === 'refused')
    throw new Error('this link is not good any more');
  return makeCards(states, Object.fromEntries(states.map(
    ({ camera }) => [camera, `../${camera}/${token}/`])));
}

/* Resolves to cards. */
async function ask() {
  if (whose === 'link')
    return askForAll();
  if (isOpen)
    return makeCards(await getJson('/v1/cameras'));
  const links = readLinks(storage);

  return makeCards(await Promise.all(links.map(askForLink)),
                   Object.fromEntries(links.map((l) => [l.camera, l.path])));
}

/* --- what is shown ------------------------------------------------------------ */

function element(tag, className, parent) {
  const made = parent.appendChild(document.createElement(tag));

  made.className = className;
  return made;
}

function makeForget(item, camera) {
  const forget = element('button', 'forget', item);

  forget.type = 'button';
  forget.textContent = 'Forget';
  forget.setAttribute('aria-label', `Forget ${camera}`);
  forget.addEventListener('click', () => {
    forgetLink(storage, camera);
    refresh();
  });
}

function makeCard(camera) {
  const item = document.createElement('li');
  const link = element('a', 'card', item);
  const frame = element('span', 'frame', link);
  const canvas = element('canvas', '', frame);
  const words = element('span', 'words', link);
  const name = element('strong', '', words);

  canvas.setAttribute('aria-hidden', 'true');
  canvas.width = 0;
  name.textContent = name.title = camera;
  if (!isOpen)
    makeForget(item, camera);
  return { item, link, canvas, drawnAt: -Infinity, poster: null,
           state: element('span', 'state', words),
           viewers: element('span', 'viewers', words) };
}

const put = (target, text) => {
  if (target.textContent !== text)
    target.textContent = text;
};

function showCard(card, shown) {
  const { camera, path, kind, text, viewers } = shown;

  card.shown = shown;
  if (card.link.getAttribute('href') !== path)
    card.link.href = path;
  card.item.dataset.camera = camera;
  card.item.dataset.kind = kind;
  put(card.state, text);
  put(card.viewers, viewers);
}

function show(wanted) {
  const names = new Set(wanted.map(({ camera }) => camera));

  for (const child of [...list.children])
    if (!names.has(child.dataset.camera) ||
        !cards.has(child.dataset.camera)) {
      cards.delete(child.dataset.camera);
      child.remove();
    }
  wanted.forEach((one, i) => {
    const card = cards.get(one.camera) ?? makeCard(one.camera);

    cards.set(one.camera, card);
    showCard(card, one);
    if (list.children[i] !== card.item)
      list.insertBefore(card.item, list.children[i] ?? null);
  });
  if (isOpen)
    note.hidden = wanted.length > 0;
  start.hidden = wanted.length > 0;
}

/* So that its commands can be copied as they stand. */
function fillAddresses() {
  const here = new URL(whose === 'link' ? '../' : './', location.href);
  const addresses = {
    page: here.href.replace(/\/$/, ''),
    relay: here.href.replace(/^http/, 'ws'),
  };

  for (const place of start.querySelectorAll('[data-address]'))
    place.textContent = addresses[place.dataset.address];
}

/*
 * A poster will do where there is one: a glance at the video is a viewer, for
 * whom a camera would have to send.
 */
async function drawPicture(card, { path, hasPicture, poster }) {
  const now = performance.now();

  if (poster !== null) {
    if (poster === card.poster)
      return;
    card.poster = poster;
    await drawPoster(path, card.canvas);
  } else if (hasPicture && PartBuffer.isSupported &&
             now - card.drawnAt >= PICTURE_AGE) {
    card.drawnAt = now;
    await glance(path, card.canvas);
  }
}

/* One after the other: this is for a glance, not a race. */
async function drawPictures(wanted) {
  for (const one of wanted) {
    const card = cards.get(one.camera);

    if (!card)
      continue;
    await drawPicture(card, one).catch(() => {}); // it goes without
    card.item.toggleAttribute('data-drawn', card.canvas.width > 0);
  }
}

async function refresh() {
  let wanted;

  try {
    wanted = await ask();
  } catch {
    document.body.dataset.offline = '';
    for (const card of cards.values())
      showCard(card, { ...card.shown, kind: 'off', text: 'Not known',
                       viewers: '' });
    put(note, 'Offline: the relay does not answer. Trying again…');
    note.hidden = false;
    return;
  }
  if ('offline' in document.body.dataset) {
    delete document.body.dataset.offline;
    put(note, noteText);
  }
  show(wanted);
  await drawPictures(wanted);
}

/* Nobody looks at a hidden page. */
async function loop() {
  for (;;) {
    if (!document.hidden)
      await refresh();
    await new Promise((wake) => { setTimeout(wake, REFRESH); });
  }
}

const noteText = note.textContent;
fillAddresses();
note.setAttribute('role', 'status');
list.setAttribute('role', 'list'); // Safari forgets it without its bullets
document.addEventListener('visibilitychange', () => {
  if (!document.hidden)
    refresh();
});
loop();
