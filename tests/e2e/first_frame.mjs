// SPDX-License-Identifier: MIT
/* From the click on a link to the first picture, in a browser. */
import { Viewer } from './browser.mjs';

/* Runs in the page, before it: when the first picture was shown. */
function noteFirstFrame() {
  document.addEventListener('DOMContentLoaded', () => {
    document.querySelector('video').requestVideoFrameCallback(() => {
      window.firstFrame = performance.now();
    });
    const state = document.getElementById('state');
    window.said = [];
    new MutationObserver(() => window.said.push(state.textContent))
      .observe(state, { childList: true, characterData: true, subtree: true });
  });
}

/*
 * A viewer comes to the camera's page, and leaves when there is a picture, or
 * after so many ms: { ms since the click, said }.
 */
export async function firstFrame(browser, url, most) {
  const viewer = await Viewer.open(browser, url, { before: noteFirstFrame });
  try {
    await viewer.page.waitForFunction(() => window.firstFrame, null,
                                      { timeout: most, polling: 50 });
    return await viewer.page.evaluate(
      () => ({ ms: window.firstFrame, said: window.said }));
  } finally {
    await viewer.close();
  }
}
