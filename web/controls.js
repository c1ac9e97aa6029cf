// SPDX-License-Identifier: MIT
/*
 * Buttons, keys and the pointer. What they do is given by the page as a table
 * of actions: { pause, back, forward, snapshot, info, pip, full }.
 */
const IDLE = 3000; // ms without a move until only the picture is left

const KEYS = {
  ' ': 'pause', k: 'pause',
  ArrowLeft: 'back', ArrowRight: 'forward',
  s: 'snapshot', i: 'info', p: 'pip', f: 'full',
};

/* Full screen of `stage`; iPhones only have that of the video itself. */
export function toggleFull(stage, video) {
  if (document.fullscreenElement)
    document.exitFullscreen();
  else if (stage.requestFullscreen)
    stage.requestFullscreen().catch(() => {});
  else
    video.webkitEnterFullscreen?.();
}

export const hasFull = (stage, video) =>
  Boolean(document.fullscreenEnabled || video.webkitSupportsFullscreen);

export function togglePip(video) {
  if (document.pictureInPictureElement)
    document.exitPictureInPicture();
  else if (video.requestPictureInPicture)
    video.requestPictureInPicture().catch(() => {});
  else
    video.webkitSetPresentationMode?.('picture-in-picture');
}

export const hasPip = (video) => Boolean(document.pictureInPictureEnabled ||
  video.webkitSupportsPresentationMode?.('picture-in-picture'));

/* `buttons`: the elements by the name of their action. */
export function listen(actions, buttons) {
  for (const [name, button] of Object.entries(buttons))
    button.addEventListener('click', () => actions[name]());
  document.addEventListener('keydown', (event) => {
    const name = KEYS[event.key];

    if (!name || event.ctrlKey || event.metaKey || event.altKey)
      return;
    // A button under the focus takes the space bar as a click.
    if (event.key === ' ' && event.target.closest?.('button, a'))
      return;
    event.preventDefault();
    if (!event.repeat || name === 'back' || name === 'forward')
      actions[name]();
  });
}

/* Calls onChange(idle) when the pointer rests, and when it moves again. */
export function watchPointer(onChange) {
  let timer = null;

  function moved() {
    clearTimeout(timer);
    onChange(false);
    timer = setTimeout(() => onChange(true), IDLE);
  }

  for (const name of ['pointermove', 'pointerdown', 'keydown', 'focusin'])
    document.addEventListener(name, moved);
  moved();
}
