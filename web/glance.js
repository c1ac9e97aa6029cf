// SPDX-License-Identifier: MIT
/*
 * The newest key frame of a camera, without watching it: a playlist, an init
 * segment and one part are all that is fetched.
 */
import { newestStart, readPlaylist } from './m3u8.js';
import { PartBuffer } from './part_buffer.js';
import { keepStill } from './still.js';

const PATIENCE = 6000;

async function get(url, as) {
  const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE) });

  if (!response.ok)
    throw new Error(`${response.status}`);
  return response[as]();
}

const shown = (video) => new Promise((resolve, reject) => {
  video.addEventListener('loadeddata', resolve, { once: true });
  video.addEventListener('error', reject, { once: true });
  setTimeout(reject, PATIENCE);
});

/* Draws it into `canvas`. `path` is the camera's page. Rejects if it cannot. */
export async function glance(path, canvas) {
  const list = readPlaylist(await get(`${path}index.m3u8`, 'text'));
  const [part] = newestStart(list);
  const [init, bytes] = await Promise.all(
    [part.map, part.uri].map((uri) => get(path + uri, 'arrayBuffer')));
  const video = document.createElement('video');
  const buffer = new PartBuffer(video, () => {});

  video.muted = true;
  video.preload = 'auto';
  try {
    const ready = shown(video);

    ready.catch(() => {});
    await buffer.setInit(init);
    await buffer.append(bytes, false);
    await ready;
    keepStill(video, canvas);
  } finally {
    video.removeAttribute('src');
    video.load();
  }
}
