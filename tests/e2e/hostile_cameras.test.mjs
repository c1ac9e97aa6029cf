// SPDX-License-Identifier: MIT
/*
 * Cameras of every kind, and all that is wrong with them: unplugged, silent,
 * spoilt pictures, wrong times, numbers that wrap; and a wall clock that is
 * set. The stream goes on, and its media time is never the wall's.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { HostileCamera, runHostile, Watcher } from './hostile_device.mjs';
import { Relay, SLOW } from './oriel.mjs';
import { percentile } from './timecode.mjs';

const UNICAM = 'node cam camera profile=unicam';
const UVC = 'node cam camera profile=uvc';
const DAY = 86400;

let relay;

before(async () => {
  relay = await Relay.start();
});

after(async () => {
  await relay?.finish();
});

const run = (name, script, options = {}) =>
  runHostile(relay, { name, script: ['pi', ...script], seconds: 4,
                      ...options });

/*
 * Media time goes on as what the pictures show does. Behind a gap the cutter
 * moves some, by no more than a part; so the first one is no measure.
 */
function checkPace(frames) {
  const [first] = frames;
  const ahead = frames.map(({ code, dts }) =>
    ((code - first.code) | 0) - (dts - first.dts));
  const usual = percentile(ahead, 0.5);
  const off = ahead.map((ms) => Math.abs(ms - usual));
  const half = percentile(off, 0.5);
  const most = Math.max(...off);

  assert.ok(half < 3, `half of the pictures are ${half} ms off`);
  assert.ok(most < 200, `picture ${off.indexOf(most)} is ${most} ms off`);
}

describe('a camera of this kind works:', { concurrency: 4 }, () => {
  test('CSI, NV12: shared with the encoder', async () => {
    const { frames, report } = await run('nv12', [UNICAM]);
    assert.equal(report.nodes.encoder.copies, 0);
    checkPace(frames);
  });

  test('CSI, YU12', async () => {
    const { report } = await run('yu12', [`${UNICAM} formats=YU12 pad=64`]);
    assert.equal(report.nodes.encoder.copies, 0);
  });

  test('USB, YUYV: fills the memory of the encoder', async () => {
    const { report } = await run('yuyv', [`${UVC} formats=YUYV`,
                                          'node meta metadata']);
    const { copies, exported } = report.nodes.encoder;
    assert.equal(copies, 0);
    assert.ok(exported > 60);
  });

  test('USB, MJPG', async () => {
    const { report } = await run('mjpg', [`${UVC} formats=MJPG`]);
    assert.ok(report.nodes.encoder.copies > 60);
  });

  test('USB, MJPG without Huffman tables', async () => {
    await run('tables', [`${UVC} formats=MJPG`, 'cam no-tables x*']);
  });

  test('USB, H264: passed through', async () => {
    const { report } = await run('h264', [`${UVC} formats=H264,YUYV`]);
    assert.equal(report.nodes.encoder.frames_in, 0);
  });

  test('under libcamerify', async () => {
    const { report } = await run('wrapped', [
      'node cam camera profile=libcamerify']);
    assert.equal(report.nodes.encoder.copies, 0);
  });

  // libcamera's issue 154: QBUF fails for all that is not the next index, and
  // a picture that the encoder has no room for comes back before older ones.
  test('under libcamerify, with an encoder that is too slow', async () => {
    await runHostile(relay, {
      name: 'wrapped-slow', seconds: 4, jumps: [0, 1],
      script: ['node encoder encoder budget=14000',
               'node cam camera profile=libcamerify'],
    });
  });

  test('the old bcm2835-v4l2, which poll() would break', async () => {
    await run('legacy', ['node cam camera profile=legacy formats=YU12']);
  });

  test('larger than the stream: the ISP scales it', async () => {
    const { report } = await run('large', [
      `${UNICAM} sizes=1280x720`], { args: ['--capture', '1280x720'] });
    assert.ok(report.nodes.isp.frames_out > 60);
    assert.equal(report.nodes.isp.copies, 0);
    assert.equal(report.nodes.encoder.copies, 0);
  });
});

describe('its pictures are', { concurrency: 4 }, () => {
  test('flagged as broken: not shown', async () => {
    await run('flagged', [UNICAM, 'every=10 cam error x*']);
  });

  test('too short: not shown', async () => {
    await run('short', [UNICAM, 'every=10 cam short 5000 x*']);
  });

  test('JPEG that is cut off', async () => {
    await run('cut', [`${UVC} formats=MJPG`, 'every=10 cam short 3000 x*'], {
      unreadable: 20, // what is left of them is shown where it can be decoded
    });
  });

  test('JPEG that is spoilt', async () => {
    await run('spoilt', [`${UVC} formats=MJPG`, 'every=10 cam corrupt x*'], {
      unreadable: 20,
    });
  });

  test('missing now and then', async () => {
    await run('missing', [UNICAM, 'every=7 cam drop x*']);
  });

  test('half as many in the dark', async () => {
    const { frames } = await run('dark', [
      UNICAM, 'time=3 for=3 cam fps 15'], { seconds: 6 });
    checkPace(frames);
  });

  test('as many as the camera likes', async () => {
    const { frames } = await run('own-rate', [UNICAM, 'cam fps 24.5']);
    checkPace(frames);
  });
});

describe('its times', { concurrency: 4 }, () => {
  test('go back', async () => {
    await run('back', [UNICAM, 'frame=40 every=20 cam back 200 x*'], {
      jumps: [0, 9],
    });
  });

  test('are zero', async () => {
    await run('zero', [UNICAM, 'frame=40 cam zero-time x50'], {
      jumps: [0, 2],
    });
  });

  test('are all zero', async () => {
    await run('zeros', [UNICAM, 'cam zero-time x*']);
  });

  test('jitter', async () => {
    await run('jitter', [UNICAM, 'cam jitter 10 x*']);
  });

  test('jump ahead by five seconds', async () => {
    await run('gap', [UNICAM, 'frame=60 cam gap 5000'], { jumps: [0, 1] });
  });

  test('are the wall clock\'s, while it says otherwise', async () => {
    await run('wall', [UNICAM, 'cam wall-time x*']);
  });

  test('are the wall clock\'s, as it says', async () => {
    await run('honest', [UNICAM, 'cam wall-time 1 x*']);
  });
});

describe('its sequence numbers', { concurrency: 4 }, () => {
  test('wrap', async () => {
    const { camera } = await run('wrap', [
      UNICAM, 'frame=50 cam sequence 4294967290']);
    assert.doesNotMatch(camera.child.lines.join(), /lost \d{3,}/);
  });

  test('leave some out', async () => {
    await run('leap', [UNICAM, 'every=10 cam sequence-gap 3 x*']);
  });
});

describe('a camera that', { concurrency: 4 }, () => {
  const LOST = /unplugged|broke|stopped|no pictures any more|opening it again/;

  test('is unplugged and comes back as another number', async () => {
    const { report } = await run('replug', [
      UVC, 'frame=60 cam unplug', 'time=6 cam plug 7'], {
      seconds: 10, jumps: [1, 1], allow: [LOST, /cannot/],
    });
    assert.equal(report.nodes.cam.number, 7);
    assert.ok(report.nodes.cam.opens >= 2);
  });

  test('is unplugged for good: nothing spins, and it leaves', async () => {
    const camera = await HostileCamera.start(relay, {
      name: 'gone', script: ['pi', UVC] });
    camera.allowed.push(/./);
    await camera.live(20000 * SLOW);
    camera.goesWrong('cam unplug');
    await camera.reports(({ nodes }) => nodes.cam.number === -1);
    await sleep(1000);
    const before_ = camera.cpuSeconds();
    await sleep(4000);
    assert.ok(camera.cpuSeconds() - before_ < 0.2 * SLOW);
    assert.equal(camera.report().open_files, 0);
    await camera.leave();
  });

  test('falls silent: it is opened again', async () => {
    const { report } = await run('silent', [
      UVC, 'frame=60 cam stall', 'call=STREAMON@2 cam resume'], {
      seconds: 10, jumps: [1, 1], allow: [LOST],
    });
    assert.ok(report.nodes.cam.opens >= 2);
  });

  test('keeps its buffers: it is opened again', async () => {
    await run('hoards', [UVC, 'frame=60 cam keep-capture x16'], {
      seconds: 12, jumps: [1, 4], allow: [LOST], unused: true,
    });
  });

  test('breaks, and works when opened again', async () => {
    await run('breaks', [UVC, 'frame=60 cam eio'], {
      seconds: 6, jumps: [1, 1], allow: [LOST],
    });
  });

  test('is interrupted by signals all the time', async () => {
    await run('signals', [UVC, 'call=* p=0.3 cam fail EINTR x*']);
  });

  test('is not there when the program starts, and then is', async () => {
    const camera = await HostileCamera.start(relay, {
      name: 'later', script: ['pi', `${UVC} unplugged`] });
    camera.allowed.push(/./);
    try {
      await Promise.race([camera.child.ended, sleep(2500)]);
      camera.goesWrong('cam plug 3');
      if (camera.child.how) // it left, for the service manager
        await camera.begin();
      await camera.live(15000 * SLOW);
      await camera.leave();
    } finally {
      await camera.kill();
    }
  });
});

describe('when the wall clock is set', { concurrency: 4 }, () => {
  for (const days of [1, -1]) {
    const way = days > 0 ? 'on' : 'back';

    test(`${way} by a day, dates stay those of the relay's clock`, async () => {
      const camera = await HostileCamera.start(relay, {
        name: `clock-${way}`, script: ['pi', UNICAM] });
      const watcher = new Watcher(camera);
      try {
        await camera.live(20000 * SLOW);
        await watcher.watch(2000);
        const before_ = watcher.follower.latest.segments.at(-1).pdt;
        camera.goesWrong(`* step-clock ${days * DAY}`);
        await watcher.watch(4000);
        const { frames } = await watcher.frames();
        const later = watcher.follower.latest.segments.at(-1).pdt;
        await camera.leave();
        checkPace(frames);
        assert.ok(later > before_ && later - before_ < 10000 * SLOW,
                  `dates went on by ${later - before_} ms`);
        assert.equal(frames.filter(({ jump }, i) => i && jump).length, 0);
        assert.deepEqual(watcher.problems(), []);
      } finally {
        watcher.close();
        await camera.kill();
      }
    });

    test(`${way} by a day without a relay: a discontinuity`, async () => {
      const camera = await HostileCamera.start(relay, {
        name: `alone-${way}`, script: ['pi', UNICAM],
        args: ['--relay', 'ws://127.0.0.1:9/'], // discard: nobody is there
      });
      camera.allowed.push(/uplink/);
      try {
        await camera.reports(({ nodes }) => nodes.encoder.frames_out > 30);
        camera.goesWrong(`* step-clock ${days * DAY}`);
        await camera.child.line(/the clock was set/, { timeout: 5000 * SLOW });
        await camera.leave();
        assert.ok(camera.report().nodes.cam.opens < 5);
      } finally {
        await camera.kill();
      }
    });
  }
});
