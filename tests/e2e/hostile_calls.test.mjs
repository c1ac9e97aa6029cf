// SPDX-License-Identifier: MIT
/*
 * An encoder whose ioctls fail as they do on a Pi: too little memory, levels
 * refused at STREAMON, controls and DMABUF that an older kernel has not,
 * other line padding, signals.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { runHostile } from './hostile_device.mjs';
import { Relay } from './oriel.mjs';

const UNICAM = 'node cam camera profile=unicam';
const REPEAT_SEQ_HEADER = 0x009909e2;
const FORCE_KEY_FRAME = 0x009909e5;
const HEADER_MODE = 0x009909d8;

let relay;

before(async () => {
  relay = await Relay.start();
});

after(async () => {
  await relay?.finish();
});

const run = (name, script, options = {}) =>
  runHostile(relay, { name, script, seconds: 4, ...options });

describe('the encoder is used although', { concurrency: 4 }, () => {
  test('there is too little memory for all buffers', async () => {
    await run('memory', ['pi', UNICAM,
                         'call=REQBUFS encoder fail ENOMEM x3']);
  });

  test('there are only two buffers', async () => {
    await run('two', ['pi', UNICAM, 'encoder most-buffers 2'], {
      unreadable: 0, jumps: [0, 2], allow: [/.*/],
    });
  });

  test('it refuses to start until less is asked of it', async () => {
    await run('esrch', ['pi', UNICAM,
                        'call=STREAMON.out encoder fail ESRCH x2']);
  });

  test('it cannot import memory: the camera fills its buffers', async () => {
    const { report } = await run('no-import', [
      'node encoder encoder dmabuf=0', UNICAM]);
    const { copies, imports, exported } = report.nodes.encoder;
    assert.deepEqual([copies, imports], [0, 0]);
    assert.ok(exported > 60);
  });

  test('neither can import memory: it is copied', async () => {
    const { report } = await run('no-dmabuf', [
      'node encoder encoder dmabuf=0', `${UNICAM} dmabuf=0`]);
    assert.ok(report.nodes.encoder.copies > 60);
  });

  test('it refuses DMABUF when asked', async () => {
    const { report } = await run('reqbufs', [
      'pi', UNICAM, 'call=REQBUFS.out encoder fail EINVAL']);
    assert.equal(report.nodes.encoder.imports, 0);
  });

  test('it does not attach what it said it would', async () => {
    await run('qbuf', ['pi', UNICAM,
                       'call=PREPARE_BUF encoder fail EFAULT x*',
                       'call=QBUF.out@1 encoder fail EFAULT'], {
      jumps: [0, 1], allow: [/.*/], unused: true,
    });
  });

  test('the firmware dies of many attachments: there are few', async () => {
    const { report } = await run('attach', [
      'pi', UNICAM, 'encoder attach-limit 16']);
    assert.equal(report.nodes.encoder.reattaches, 0);
  });

  test('it has no REPEAT_SEQ_HEADER', async () => {
    await run('repeat', ['pi', UNICAM,
                         `encoder no-control ${REPEAT_SEQ_HEADER}`]);
  });

  test('it has no FORCE_KEY_FRAME', async () => {
    await run('force', ['pi', UNICAM,
                        `encoder no-control ${FORCE_KEY_FRAME}`], {
      allow: [/key/],
    });
  });

  test('it has no HEADER_MODE', async () => {
    await run('mode', ['pi', UNICAM, `encoder no-control ${HEADER_MODE}`]);
  });

  test('signals interrupt every third call', async () => {
    await run('eintr', ['pi', UNICAM, 'call=* p=0.3 encoder fail EINTR x*',
                        'call=* p=0.3 cam fail EINTR x*']);
  });

  test('signals interrupt a thousand calls in a row', async () => {
    await run('storm', ['pi', UNICAM,
                        'frame=40 call=DQBUF encoder fail EINTR x1000',
                        'frame=40 call=poll encoder fail EINTR x1000'], {
      jumps: [0, 1], allow: [/.*/], mostCalls: 3000,
    });
  });

  test('a DQBUF fails once', async () => {
    await run('eio-once', ['pi', UNICAM,
                           'frame=60 call=DQBUF.cap encoder fail EIO'], {
      seconds: 6, jumps: [0, 1], allow: [/Input\/output|opening it again/],
    });
  });

  test('its queues break', async () => {
    await run('eio', ['pi', UNICAM, 'frame=60 encoder eio'], {
      seconds: 6, jumps: [0, 1], allow: [/Input\/output|opening it again/],
    });
  });
});

describe('the right node is found', { concurrency: 4 }, () => {
  for (const seed of [1, 2, 3])
    test(`with numbers shuffled by ${seed}`, async () => {
      const { report } = await run(`shuffle-${seed}`, [
        `shuffle ${seed}`, 'pi', 'node meta metadata', UNICAM]);
      assert.ok(report.nodes.encoder.frames_out > 60);
    });

  test('on a kernel that names all nodes alike', async () => {
    const { report } = await run('alike', ['kernel 2019', 'pi', UNICAM]);
    assert.ok(report.nodes.encoder.frames_out > 60);
    assert.equal(report.nodes.encoder.late_parms, 0);
  });
});

describe('lines are padded', { concurrency: 4 }, () => {
  const cases = [
    // kernel, camera's padding, width: lines of camera and encoder alike?
    ['2019', 32, 640, true], ['5.15', 32, 640, true], ['6.6', 32, 640, true],
    ['5.15', 256, 640, true], ['6.6', 64, 800, true],
    // YUYV of 848: 1696 bytes are a multiple of 32 and not of 64
    ['5.15', 1, 848, true, 'YUYV'], ['6.6', 1, 848, false, 'YUYV'],
  ];

  for (const [kernel, pad, width, alike, format = 'NV12'] of cases) {
    const name = `pad-${kernel}-${pad}-${width}-${format}`.toLowerCase()
      .replace('.', '-');
    const profile = format === 'YUYV' ? 'uvc' : 'unicam';
    test(`kernel ${kernel}, camera by ${pad}, ${format} of ${width}: ` +
         `${alike ? 'shared' : 'copied'}`, async () => {
      const { report } = await run(name, [
        `kernel ${kernel}`, 'pi', `node cam camera profile=${profile} ` +
        `formats=${format} sizes=${width}x480 pad=${pad}`,
      ], { args: ['--width', String(width), '--height', '480'] });
      const { copies, imports, exported } = report.nodes.encoder;
      assert.equal(copies === 0, alike,
                   `${copies} copied, ${imports} imported, ${exported} filled`);
    });
  }
});
