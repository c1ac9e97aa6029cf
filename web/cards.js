// SPDX-License-Identifier: MIT
/* What the start page lists. Pure. */
import { cameraWords } from './words.js';

/*
 * From states as of /v1/cameras, and the path of each camera's page by its
 * name, to cards by name: { camera, path, kind, text, viewers, hasPicture,
 * poster }, the last as when it was taken, or null.
 */
export function makeCards(states, paths = {}) {
  return states.map(({ camera, state, viewers, poster_ms: poster = null }) => {
    const { kind, text } = cameraWords(state);
    const watched = viewers > 0 && kind !== 'off'
      ? `${viewers} watching` : '';

    return { camera, path: paths[camera] ?? `/${camera}/`, kind, text,
             viewers: watched, poster,
             hasPicture: ['live', 'gone', 'ended'].includes(state) };
  }).sort((a, b) => a.camera.localeCompare(b.camera, 'en', { numeric: true }));
}
