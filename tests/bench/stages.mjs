// SPDX-License-Identifier: MIT
/*
 * Joins what camera, relay and page noted of each part (common/trace.h and
 * recorder.mjs) into the way of one picture, the first of the part. Pure.
 */
import { summary } from './figures.mjs';

/* In the order in which the picture passes them, with what happens before. */
export const STAGES = [
  ['captured', 'the picture is taken'],
  ['encoded', 'encoding it'],
  ['full', 'waiting for the last picture of its part'],
  ['closed', 'encoding that one, making the part'],
  ['spooled', 'writing it to tmpfs'],
  ['sent', 'waking the network thread, reading it, to the socket'],
  ['stored', 'to the relay, and into its store'],
  ['part', 'answering the request that waits for it'],
  ['got', 'to the page'],
  ['appended', 'into the browser\'s buffer'],
  ['shown', 'waiting for its turn, decoding, showing'],
];

/* The list that names it, which goes another way. */
export const LIST_STAGES = [
  ['sent', 'the part is sent'],
  ['told', 'rendering the playlist, gzip, to the socket'],
  ['listed', 'to the relay, and unpacked'],
  ['playlist', 'answering the request that waits for it'],
];

/*
 * Text of a trace -> Map of "MSN.PART" -> { stage: ms }, the first mark of a
 * stage counting. Added to `parts` where that is given.
 */
export function readTrace(text, parts = new Map()) {
  for (const line of text.split('\n')) {
    const [us, stage, place] = line.split(' ');

    if (place)
      note(parts, place, stage, Number(us) / 1000);
  }
  return parts;
}

export function note(parts, place, stage, ms) {
  const part = parts.get(place) ?? {};

  part[stage] ??= ms;
  parts.set(place, part);
}

/*
 * When the first picture of each part was shown: `frames` are { taken, at },
 * both on the clock of the trace; one belongs to the part whose first picture
 * was taken at that time, give or take what drawing it needs.
 */
export function noteShown(parts, frames, most = 12) {
  const known = [...parts.values()].filter((part) => 'captured' in part)
    .sort((a, b) => a.captured - b.captured);
  let i = 0;

  for (const { taken, at } of [...frames].sort((a, b) => a.taken - b.taken)) {
    while (i < known.length && known[i].captured < taken - most)
      i++;
    if (i < known.length && known[i].captured <= taken + 2)
      known[i].shown ??= at;
  }
}

/*
 * Rows of { stage, text, step, at }: what each stage took and how far behind
 * the first one it was passed, over the parts that passed all of them.
 */
export function stageTable(parts, stages = STAGES) {
  const names = stages.map(([name]) => name);
  const whole = [...parts.values()].filter(
    (part) => names.every((name) => name in part));

  return stages.map(([stage, text], i) => ({
    stage, text,
    step: summary(whole.map(
      (part) => (i ? part[stage] - part[names[i - 1]] : 0))),
    at: summary(whole.map((part) => part[stage] - part[names[0]])),
  }));
}
