// SPDX-License-Identifier: MIT
/* What the page says, in words and figures. Pure. */

/* The badge in the corner: one word. */
const BADGES = {
  connecting: 'Connecting',
  live: 'Live',
  past: 'Earlier',
  waiting: 'Waiting',
  waking: 'Waking',
  stalled: 'Stalled',
  offline: 'Offline',
  refused: 'No access',
  ended: 'Ended',
  paused: 'Paused',
  unplayable: 'No player',
};

/* The line of state, for every state of watch.js, and 'past'. */
export const SENTENCES = {
  connecting: 'Connecting…',
  live: 'Live',
  past: 'Going back in time',
  waiting: 'Waiting for the camera. It is not sending at the moment.',
  waking: 'Waking the camera…',
  stalled: 'The picture is stalled. Trying to catch up…',
  offline: 'Offline: the relay does not answer. Trying again…',
  refused: 'This link may not view the camera any more. Ask for a new one.',
  ended: 'The camera has ended its stream.',
  paused: 'Paused. When it goes on, it is live again.',
  unplayable: 'This browser cannot play the video. A newer one can, or VLC.',
};

/* How much a camera sends; what is usual needs no words. */
const MODES = {
  quiet: 'nothing, until somebody watches',
  asleep: 'nothing, until somebody watches',
  posters: 'only posters: its data budget is used up',
};

/* A latency beyond this is not one: a clock is wrong. */
const ABSURD = 60000;
const NEGATIVE = -300;

export const isSane = (ms) => ms !== null && ms > NEGATIVE && ms < ABSURD;

/* 273 -> '0.3 s' */
export function seconds(ms) {
  return `${(Math.max(0, ms) / 1000).toFixed(ms < 9950 ? 1 : 0)} s`;
}

/*
 * From a state of watch.js, how far the viewer has gone back (seconds, 0: not),
 * the latency (ms or null) and what the camera says is wrong to { state, badge,
 * sentence, latency }; the last is '' where there is nothing to say.
 */
export function describe({ state, past, latency, note = '' }) {
  const shown = state === 'live' && past > 0.5 ? 'past' : state;

  return {
    state: shown,
    badge: BADGES[shown],
    sentence: shown === 'waiting' && note ? `Waiting. The camera says: ${note}`
      : SENTENCES[shown],
    latency: shown === 'past' ? `${seconds(past * 1000)} ago`
      : shown === 'live' && isSane(latency) ? `${seconds(latency)} behind` : '',
  };
}

export function bitrate(bits) {
  return bits < 1e6 ? `${Math.round(bits / 1e3)} kbit/s`
    : `${(bits / 1e6).toFixed(1)} Mbit/s`;
}

function latencyWords(ms) {
  if (ms === null)
    return '–';
  return isSane(ms) ? `${(ms / 1000).toFixed(2)} s`
    : 'not known: the clocks of camera and relay differ';
}

/*
 * The rows of the details, [name, text] each, from what is known: { latency,
 * viewers, width, height, fps, bitrate, player, stalls, device }; what is not
 * known is null or NaN, and left out.
 */
export function details(facts) {
  const size = facts.width ? `${facts.width} × ${facts.height}` : null;
  const fps = Number.isFinite(facts.fps) ? `${Math.round(facts.fps)} fps`
    : null;
  const rows = [
    ['Behind the camera', latencyWords(facts.latency)],
    ['Viewers', Number.isInteger(facts.viewers) ? `${facts.viewers}` : null],
    ['Picture', [size, fps].filter(Boolean).join(', ') || null],
    ['Bitrate', Number.isFinite(facts.bitrate) ? bitrate(facts.bitrate) : null],
    ['Played by', facts.player],
    ['Interruptions', `${facts.stalls}`],
    ['Sending', MODES[facts.device?.mode] ?? null],
    ['The camera says', facts.device?.note || null],
  ];

  return rows.filter(([, text]) => text !== null && text !== undefined);
}

/* A state of docs/http.md, for the grid of cameras: { kind, text }. */
export function cameraWords(state) {
  const words = {
    live: ['live', 'Live'],
    gone: ['wait', 'Just gone'],
    stalled: ['wait', 'Stalled'],
    offline: ['off', 'Offline'],
    waiting: ['off', 'Not seen yet'],
    asleep: ['off', 'Asleep'],
    waking: ['wait', 'Waking'],
    ended: ['off', 'Ended'],
    refused: ['off', 'The link has expired'],
  };
  const [kind, text] = words[state] ?? ['off', 'Not known'];

  return { kind, text };
}

/* porch, Date -> 'porch 2026-11-22 18.30.05.png', in the viewer's time. */
export function snapshotName(camera, date) {
  const two = (number) => String(number).padStart(2, '0');
  const day = [date.getFullYear(), two(date.getMonth() + 1),
               two(date.getDate())].join('-');
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map(two).join('.');

  return `${camera} ${day} ${time}.png`;
}
