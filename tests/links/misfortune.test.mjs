// SPDX-License-Identifier: MIT
/*
 * Half an hour of everything that can happen to a line, one after the other,
 * by chance: SEED=n for the same again, MINUTES=n for less of it. Now and then
 * the sun shines, and then the picture must be live, with all of its quality,
 * and nothing of the bad times left in memory.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { newFolder } from '../e2e/child.mjs';
import { seededRandom } from '../e2e/random.mjs';
import { ImpairedProxy } from './impaired_proxy.mjs';
import { Stage, busyVideo, keep, median } from './stage.mjs';

const MINUTES = Number(process.env.MINUTES ?? 30);
const random = seededRandom();

const MOST = 2000000;
const GOOD_RATE = 8000000;
const GOOD_MS = 20000;
const PATIENCE_MS = 60000; // more, until all of the quality is back
const LIVE_MS = 2500; // delay while the sun shines
/*
 * What a program grew beyond what it ever had to keep at once, in KiB: malloc
 * holds on to what was needed once.
 */
const MORE_RSS = 6 * 1024;
const LOOK_MS = 2000;

let stage, proxy, looking;
const figures = { seed: random.seed, minutes: MINUTES, events: [], good: [],
                  mostReplies: 0 };

before(async () => {
  stage = await Stage.open({
    rate: GOOD_RATE,
    args: ['--source', busyVideo(newFolder()), '--encoder', 'x264',
           '--bitrate-max', String(MOST)],
    through: async (port) => {
      proxy = await ImpairedProxy.open(port);
      return proxy.port;
    },
  });
  // What a proxy lets go at last was sent before the camera came anew.
  stage.relay.allowed.push(/does not follow/);
});

after(async () => {
  clearInterval(looking);
  proxy?.close();
  await stage?.close();
  figures.counted = stage?.counted;
  keep('misfortune', figures);
});

/* The most that the relay has had to keep, in answers and what they hold. */
async function look() {
  const { replies } = await stage.memory().catch(() => ({ replies: 0 }));

  figures.mostReplies = Math.max(figures.mostReplies, replies);
}

const upTo = (ms) => random.between(300, ms);

const MISFORTUNES = {
  rate: async () => {
    stage.network.setRate(random.pick([100e3, 150e3, 400e3, 1e6, 4e6, 20e6]));
    await sleep(upTo(20000));
  },
  cut: async () => {
    stage.network.cut();
    await sleep(upTo(random.pick([1000, 5000, 20000])));
    stage.network.heal();
  },
  'half open': async () => {
    stage.network.halfOpen();
    await sleep(upTo(15000));
    stage.network.heal();
  },
  stall: async () => {
    proxy.stall();
    await sleep(upTo(8000));
    proxy.flow();
  },
  reset: async () => {
    proxy.reset();
    await sleep(upTo(3000));
  },
  forget: async () => {
    proxy.forget();
    await sleep(upTo(5000));
  },
};

/* The sun shines: the line is good, and it has to show. */
async function recover() {
  stage.network.setRate(GOOD_RATE);
  proxy.flow();
  await sleep(GOOD_MS);
  for (const end = Date.now() + PATIENCE_MS;
       stage.asked() < MOST && Date.now() < end;)
    await sleep(500);
  const row = {
    delay: median(stage.viewer.between(Date.now() - 3000)),
    asked: stage.asked(), rss: stage.rss(), memory: await stage.memory(), parts: stage.viewer.parts.length,
    missing: stage.viewer.missing(),
  };

  figures.good.push(row);
  assert.ok(row.delay < LIVE_MS, `delay ${row.delay} ms in good weather`);
  // A busy machine acknowledges late, and that looks like a slow line.
  assert.ok(row.asked >= MOST / 2, `still asks for ${row.asked} bit/s`);
  row.problems = stage.viewer.problems().length;
  return row;
}

test(`${MINUTES} minutes of misfortune, SEED=${random.seed}`, async (t) => {
  const end = Date.now() + MINUTES * 60000;
  const first = await recover();
  let last = first;

  looking = setInterval(look, LOOK_MS);

  while (Date.now() < end) {
    for (let n = 2 + Math.floor(random() * 4); n > 0; n--) {
      const what = random.pick(Object.keys(MISFORTUNES));

      figures.events.push(what);
      await MISFORTUNES[what]();
    }
    last = await recover();
    t.diagnostic(`${figures.events.length} misfortunes: delay ` +
      `${Math.round(last.delay)} ms, ${last.parts} parts, ${last.missing} ` +
      `segments missing, camera ${last.rss.camera} KiB, relay ` +
      `${last.rss.relay} KiB, of it ${last.memory.stored} KiB stored and ` +
      `${last.memory.replies} KiB in answers` +
      (last.problems ? `, ${last.problems} problems` : ''));
  }
  assert.deepEqual(stage.viewer.problems(), []);
  assert.deepEqual(stage.viewer.disorder(), []);
  const more = Math.max(0, figures.mostReplies - first.memory.replies);

  t.diagnostic(`relay: ${first.rss.relay} KiB became ${last.rss.relay} KiB, ` +
    `and in answers there were ${first.memory.replies}, at most ` +
    `${figures.mostReplies} KiB`);
  for (const [who, kept] of [['camera', 0], ['relay', more]])
    assert.ok(last.rss[who] < first.rss[who] + kept + MORE_RSS,
              `${who}: ${first.rss[who]} KiB became ${last.rss[who]} KiB`);
});
