// SPDX-License-Identifier: MIT
/*
 * The cameras that were watched in this browser, so that the start page of a
 * closed relay can list them: a viewing link is a secret that only its viewer
 * keeps. `storage` is localStorage, or null where the browser allows none.
 */
const NAME = 'oriel.links';
const MOST = 100;
const CAMERA = /^[a-z0-9][a-z0-9-]{0,31}$/;
const PATH = /^\/[a-z0-9-]{1,32}\/(~[A-Za-z0-9_-]+\/)?$/;

export function openStorage() {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

/* [{ camera, path }], the newest first. */
export function readLinks(storage) {
  try {
    const list = JSON.parse(storage?.getItem(NAME) ?? '[]');

    return list.filter(({ camera, path }) => CAMERA.test(camera) &&
      PATH.test(path) && path.split('/')[1] === camera);
  } catch {
    return [];
  }
}

function writeLinks(storage, links) {
  try {
    storage?.setItem(NAME, JSON.stringify(links.slice(0, MOST)));
  } catch {
    // full, or not allowed: it is a convenience
  }
}

export function rememberLink(storage, camera, path) {
  const others = readLinks(storage).filter((link) => link.camera !== camera);

  if (CAMERA.test(camera) && PATH.test(path))
    writeLinks(storage, [{ camera, path }, ...others]);
}

export function forgetLink(storage, camera) {
  writeLinks(storage,
             readLinks(storage).filter((link) => link.camera !== camera));
}
