// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Watch } from '../../web/watch.js';

const newWatch = () => new Watch({ random: () => 1 });

/* A page that has been live from 0 to `until`. */
function liveUntil(until) {
  const watch = newWatch();
  watch.began(0);
  watch.heard(0, 'on');
  for (let t = 0; t <= until; t += 250)
    watch.moved(t);
  return watch;
}

test('a new page is connecting and wants a player at once', () => {
  const watch = newWatch();
  assert.equal(watch.state(0), 'connecting');
  assert.equal(watch.wantsPlayer(0), true);
  watch.began(0);
  assert.equal(watch.wantsPlayer(1), false);
});

test('it is live as soon as the picture moves', () => {
  const watch = newWatch();
  watch.began(0);
  watch.moved(300);
  assert.equal(watch.state(300), 'live');
  assert.equal(watch.wantsNews(300), false);
});

test('a late frame is no stall, until a second and a half', () => {
  const watch = liveUntil(1000);
  assert.equal(watch.state(2499), 'live');
  assert.equal(watch.state(2500), 'stalled');
  assert.equal(watch.wantsNews(2500), true);
});

test('without a camera it waits, without a relay it is offline', () => {
  const watch = liveUntil(1000);
  watch.heard(3000, 'off');
  assert.equal(watch.state(3000), 'waiting');
  watch.silent(4000);
  assert.equal(watch.state(4000), 'offline');
  watch.heard(5000, 'off');
  assert.equal(watch.state(5000), 'waiting');
});

test('a moving picture is live whatever the relay says', () => {
  const watch = liveUntil(1000);
  watch.heard(1000, 'off');
  assert.equal(watch.state(1000), 'live');
  watch.silent(1000);
  assert.equal(watch.state(1000), 'live');
});

test('a link that ran out is named as the reason', () => {
  const watch = liveUntil(1000);
  watch.heard(3000, 'refused');
  assert.equal(watch.state(3000), 'refused');
  assert.equal(watch.wantsPlayer(100000), false);
  watch.heard(100000, 'on');
  assert.equal(watch.wantsPlayer(100000), true);
});

test('nothing is played without camera or relay', () => {
  const watch = newWatch();
  watch.heard(0, 'off');
  assert.equal(watch.wantsPlayer(100000), false);
  watch.silent(0);
  assert.equal(watch.wantsPlayer(100000), false);
});

test('when the camera is back the player is started anew, at once', () => {
  const watch = liveUntil(1000);
  watch.heard(3000, 'off');
  watch.heard(3600000, 'on');
  assert.equal(watch.state(3600000), 'connecting');
  assert.equal(watch.wantsPlayer(3600000), true);
});

test('when the relay is back the player is started anew, at once', () => {
  const watch = liveUntil(1000);
  watch.silent(3000);
  watch.heard(3600000, 'on');
  assert.equal(watch.wantsPlayer(3600000), true);
  watch.began(3600000);
  watch.heard(3600500, 'on');
  assert.equal(watch.wantsPlayer(3600500), false);
});

test('a player that gave up is replaced after growing pauses', () => {
  const watch = newWatch();
  const pauses = [];
  let t = 0;
  for (let i = 0; i < 5; i++) {
    watch.began(t);
    watch.failed(t);
    let pause = 0;
    while (!watch.wantsPlayer(t + pause))
      pause += 10;
    pauses.push(pause);
    t += pause;
  }
  assert.deepEqual(pauses, [500, 1000, 2000, 4000, 4000]);
});

test('a player that shows nothing is replaced, ever more patiently', () => {
  const watch = newWatch();
  const waits = [];
  let t = 0;
  watch.began(0);
  for (let i = 0; i < 4; i++) {
    let wait = 0;
    while (!watch.wantsPlayer(t + wait))
      wait += 10;
    waits.push(wait);
    t += wait;
    watch.began(t);
  }
  assert.deepEqual(waits, [3000, 6000, 12000, 12000]);
});

test('patience and pauses are short again once a picture has lasted', () => {
  const watch = newWatch();
  watch.began(0);
  for (let i = 0; i < 4; i++)
    watch.failed(0);
  watch.began(4000);
  for (let t = 4000; t < 14000; t += 250)
    watch.moved(t);
  watch.failed(14000);
  assert.equal(watch.wantsPlayer(18000), true);
  watch.began(18000);
  for (let t = 18000; t <= 28000; t += 250)
    watch.moved(t);
  watch.failed(28000);
  assert.equal(watch.wantsPlayer(28499), false);
  assert.equal(watch.wantsPlayer(28500), true);
});

test('a picture that flickers does not count as lasting', () => {
  const watch = newWatch();
  watch.began(0);
  watch.failed(0);
  watch.failed(0);
  for (let t = 0; t < 30000; t += 1501)
    watch.moved(t);
  watch.failed(30000);
  assert.equal(watch.wantsPlayer(31999), false);
});

test('a paused page stays quiet', () => {
  const watch = liveUntil(1000);
  watch.setPaused(1000, true);
  assert.equal(watch.state(900000), 'paused');
  assert.equal(watch.wantsPlayer(900000), false);
  assert.equal(watch.wantsNews(900000), false);
});

test('after a pause the player that sat idle gets its chance', () => {
  const watch = liveUntil(1000);
  watch.setPaused(1000, true);
  watch.setPaused(900000, false);
  assert.equal(watch.wantsPlayer(902999), false);
  assert.equal(watch.wantsPlayer(903000), true);
});

test('a stall during a connection that works is called a stall', () => {
  const watch = liveUntil(1000);
  watch.heard(3000, 'on');
  assert.equal(watch.state(3000), 'stalled');
});

test('a stream that is over for good wants no player, until it is back', () => {
  const watch = liveUntil(1000);

  watch.heard(3000, 'ended');
  assert.equal(watch.state(3000), 'ended');
  assert.equal(watch.wantsPlayer(60000), false);
  watch.heard(61000, 'on');
  assert.equal(watch.wantsPlayer(61000), true);
});

test('after a nap the player has a second to go on, then it is replaced', () => {
  const watch = liveUntil(1000);

  watch.woke(3600000);
  assert.equal(watch.wantsPlayer(3600000 + 999), false);
  assert.equal(watch.wantsPlayer(3600000 + 1000), true);
});

test('a nap with a picture that goes on changes nothing', () => {
  const watch = liveUntil(1000);

  watch.woke(1100);
  watch.moved(1250);
  assert.equal(watch.state(1250), 'live');
  assert.equal(watch.wantsPlayer(2200), false);
});

test('a sleeping camera is woken by the player that waits for it', () => {
  const watch = newWatch();

  watch.began(0);
  watch.heard(100, 'asleep');
  assert.equal(watch.state(100), 'waking');
  assert.equal(watch.wantsPlayer(29999), false);
  assert.equal(watch.wantsPlayer(30000), true);
  watch.failed(20000);
  assert.equal(watch.wantsPlayer(20999), false);
  assert.equal(watch.wantsPlayer(21000), true);
  watch.began(21000);
  watch.heard(29000, 'on');
  assert.equal(watch.state(29000), 'connecting');
  assert.equal(watch.wantsPlayer(31999), false);
  assert.equal(watch.wantsPlayer(32000), true);
});

test('a camera that woke between two players gets one at once', () => {
  const watch = newWatch();

  watch.began(0);
  watch.heard(100, 'asleep');
  watch.failed(200);
  watch.heard(300, 'on');
  assert.equal(watch.wantsPlayer(300), true);
});

test('a camera that the relay has not seen may be asleep', () => {
  const watch = newWatch();

  watch.heard(0, 'new');
  watch.heard(11999, 'new');
  assert.equal(watch.state(11999), 'waking');
  assert.equal(watch.state(12000), 'waiting');
  assert.equal(watch.wantsPlayer(0), true);
  watch.began(0);
  assert.equal(watch.wantsPlayer(29999), false);
});

test('a player that nobody sees wakes nothing', () => {
  const watch = newWatch();

  watch.heard(0, 'asleep');
  watch.setPaused(0, true);
  assert.equal(watch.state(0), 'paused');
  assert.equal(watch.wantsPlayer(100), false);
});

test('a browser without a player is told so, whatever comes', () => {
  const watch = new Watch();

  watch.cannotPlay();
  for (const camera of ['on', 'off', 'asleep', 'ended']) {
    watch.heard(1000, camera);
    assert.equal(watch.state(2000), 'unplayable');
    assert.equal(watch.wantsPlayer(60000), false);
    assert.equal(watch.wantsNews(60000), false);
  }
  watch.setPaused(3000, true);
  assert.equal(watch.state(3000), 'unplayable');
});
