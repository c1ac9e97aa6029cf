// SPDX-License-Identifier: MIT
/*
 * The picture that is shown at the moment: kept behind the video, so that an
 * interruption leaves the last one and no black, and saved as a file.
 */

function draw(video, canvas) {
  const { videoWidth, videoHeight } = video;

  if (!videoWidth || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA)
    return false;
  canvas.width = videoWidth;
  canvas.height = videoHeight;
  canvas.getContext('2d').drawImage(video, 0, 0);
  return true;
}

/* Call before the video loses its picture. */
export function keepStill(video, canvas) {
  draw(video, canvas);
}

/* Resolves to a PNG, or null: there is no picture yet. */
export function takePicture(video) {
  const canvas = document.createElement('canvas');

  return draw(video, canvas)
    ? new Promise((resolve) => { canvas.toBlob(resolve, 'image/png'); })
    : Promise.resolve(null);
}

/* As a download, whatever the browser does with these. */
export function save(blob, name) {
  const link = document.createElement('a');

  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
