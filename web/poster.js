// SPDX-License-Identifier: MIT
/*
 * The camera's poster (docs/http.md): a small picture, minutes old at most,
 * for as long as there is no other.
 */
const PATIENCE = 6000;

/* Draws it into `canvas`. `path` is the camera's page, ''. Rejects if not. */
export async function drawPoster(path, canvas) {
  const response = await fetch(`${path}poster.jpg`, {
    signal: AbortSignal.timeout(PATIENCE),
  });
  if (!response.ok)
    throw new Error(`${response.status}`);
  const picture = await createImageBitmap(await response.blob());

  canvas.width = picture.width;
  canvas.height = picture.height;
  canvas.getContext('2d').drawImage(picture, 0, 0);
  picture.close();
}

/*
 * Which poster is to be drawn behind a video: none over a newer picture. Give
 * it what the relay says (`taken`, Unix ms, or null) and when the viewer saw
 * the video move last (Unix ms by the relay's clock, or null). Pure.
 */
export class PosterChoice {
  #drawn = null;

  wants(taken, seen) {
    if (taken === null || taken === this.#drawn ||
        (seen !== null && taken <= seen))
      return false;
    this.#drawn = taken;
    return true;
  }
}
