// SPDX-License-Identifier: MIT
/*
 * Asks the relay how the camera is (docs/http.md, "States"). The address is
 * relative, so that a viewing token in the path goes along.
 */
const TIMEOUT = 4000;

const CAMERA = { live: 'on', ended: 'ended', asleep: 'asleep', waking: 'asleep',
                 waiting: 'new' };

/*
 * Resolves to { camera, viewers, clock, poster, device, sent, received }, where
 * `poster` is when the poster was taken (Unix ms) and `device` what the camera
 * says of itself; both can be null. `camera` is 'on',
 * 'off', 'ended', 'asleep' (until somebody watches), 'new' (the relay has not
 * seen it yet) or 'refused' (this link may not view it); `clock` is the
 * relay's in Unix ms, read between `sent` and `received` by the browser's, or
 * NaN. null: the relay does not answer.
 */
export async function askRelay() {
  const sent = Date.now();

  try {
    const response = await fetch('state.json', {
      cache: 'no-store',
      signal: AbortSignal.timeout(TIMEOUT),
    });
    const body = response.ok ? await response.json() : {};
    const refused = response.status === 401 || response.status === 403;
    return {
      camera: refused ? 'refused' : CAMERA[body.state] ?? 'off',
      viewers: body.viewers ?? null,
      clock: body.now_ms ?? NaN,
      poster: body.poster_ms ?? null,
      device: body.device ?? null,
      sent,
      received: Date.now(),
    };
  } catch {
    return null;
  }
}
