// SPDX-License-Identifier: MIT
/*
 * Hardware that hangs: calls that sleep for seconds or for ever, an encoder
 * that stops, firmware that is dead until the machine boots. The process is
 * not lost, leaves when it is told to, and says what helps.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { HostileCamera, runHostile } from './hostile_device.mjs';
import { Relay, SLOW } from './oriel.mjs';

const DEVICES = ['pi', 'node cam camera profile=unicam'];
const RECOVERY = /hangs|opening it again|hardware encoder failed|stopped/;

let relay;

before(async () => {
  relay = await Relay.start();
});

after(async () => {
  await relay?.finish();
});

const run = (name, faults, options = {}) =>
  runHostile(relay, { name, script: [...DEVICES, ...faults], ...options });

/* A camera that is live and then goes wrong. */
async function startThen(name, faults, args = []) {
  const camera = await HostileCamera.start(relay, {
    name, script: DEVICES, args,
  });
  camera.allowed.push(/./);
  await camera.live(20000 * SLOW);
  camera.goesWrong(...faults);
  return camera;
}

/* It ends by itself: how. */
async function endsItself(camera, milliseconds) {
  const how = await Promise.race([
    camera.child.ended, sleep(milliseconds, null)]);
  const said = camera.child.lines.join('\n');
  await camera.kill();
  assert.ok(how, `still there after ${milliseconds} ms:\n${said}`);
  return { ...how, said };
}

describe('when it hangs', { concurrency: 4 }, () => {
  test('for two seconds in a call, the stream goes on', async () => {
    await run('sleeps', ['frame=60 call=DQBUF encoder block 2'], {
      seconds: 7, jumps: [0, 2], allow: [RECOVERY, /skips/],
    });
  });

  test('for two seconds in poll, the stream goes on', async () => {
    await run('poll', ['frame=60 call=poll encoder block 2'], {
      seconds: 7, jumps: [0, 2], allow: [RECOVERY, /skips/],
    });
  });

  test('and nothing comes any more, it is opened again', async () => {
    // Starting again does not help, opening again does: it is the third
    // time that queues are switched on.
    await run('stall', ['frame=60 encoder stall',
                        'frame=60 call=STREAMON.cap@2 encoder resume'], {
      seconds: 9, jumps: [1, 3], allow: [RECOVERY],
    });
  });

  test('for good, the processor encodes where that is allowed', async () => {
    const { report } = await run('dies', [
      'frame=60 call=QBUF.out encoder die'], {
      seconds: 12, jumps: [1, 6], allow: [/./],
      args: ['--encoder', 'auto'],
    });
    assert.ok(report.nodes.encoder.dead);
    assert.ok(report.nodes.cam.frames > 150);
  });

  for (const call of ['DQBUF', 'poll', 'QBUF.out'])
    test(`for ever in ${call}, it still leaves when told`, async () => {
      const camera = await startThen(
        `ever-${call.toLowerCase().replace('.', '-')}`,
        [`call=${call} encoder block ever`]);
      await camera.reports(({ faults }) => faults.at(-1)?.hits > 0);
      await sleep(500);
      const { code, signal } = await camera.stop();
      assert.equal(signal, null);
      assert.ok(code === 0 || code === 1, `left with ${code}`);
    });

  for (const node of ['encoder', 'cam'])
    test(`for ever in the ${node}, it leaves to be started again`, async () => {
      const camera = await startThen(`lost-${node}`, [
        `call=DQBUF ${node} block ever`], ['--hang-s', '2']);
      const { code, said } = await endsItself(camera, 8000 * SLOW);
      assert.notEqual(code, 0);
      assert.match(said, /hangs/);
    });

  test('while it opens, it leaves all the same', async () => {
    const camera = await HostileCamera.start(relay, {
      name: 'opening', args: ['--hang-s', '2'],
      script: [...DEVICES, 'call=S_FMT encoder block ever'],
    });
    const { code, said } = await endsItself(camera, 8000 * SLOW);
    assert.notEqual(code, 0);
    assert.match(said, /hangs/);
  });

  test('while it opens, SIGTERM ends it', async () => {
    const camera = await HostileCamera.start(relay, {
      name: 'opening-term',
      script: [...DEVICES, 'call=REQBUFS encoder block ever'],
    });
    await camera.reports(({ faults }) => faults.at(-1)?.hits > 0);
    await camera.stop();
  });

  test('stopping takes four seconds: leaving does not', async () => {
    const camera = await startThen('slow-stop', [
      'call=STREAMOFF encoder block 4']);
    await sleep(500);
    await camera.stop();
  });

  test('and a restart finds the firmware dead: it says so', async () => {
    const camera = await startThen('dead', [
      'encoder stall', 'call=STREAMOFF encoder block 1',
      'call=STREAMOFF encoder die']);
    await camera.reports(({ nodes }) => nodes.encoder.dead, 20000 * SLOW);
    await camera.kill();
    await camera.begin(); // as the service manager does
    const { code, said } = await endsItself(camera, 8000 * SLOW);
    assert.notEqual(code, 0);
    assert.match(said, /video11.*(Invalid argument|firmware|boot)/);
  });

  test('and a restart finds the firmware dead: auto goes on', async () => {
    const camera = await startThen('dead-auto', [
      'encoder stall', 'call=STREAMOFF encoder die'], ['--encoder', 'auto']);
    await camera.reports(({ nodes }) => nodes.encoder.dead, 20000 * SLOW);
    await camera.kill();
    await camera.begin();
    await camera.live(20000 * SLOW);
    await camera.leave();
  });
});

describe('it ends with one line that says why', { concurrency: 4 }, () => {
  const cases = [
    ['busy', 'call=S_FMT encoder fail EBUSY x*', /video11.*busy/i],
    ['memory', 'call=REQBUFS encoder fail ENOMEM x*', /video11.*memory/i],
    ['level', 'call=STREAMON.out encoder fail ESRCH x*', /video11/],
    ['camera-busy', 'call=REQBUFS cam fail EBUSY x*', /video0.*busy/i],
    ['bandwidth', 'call=STREAMON cam fail ENOSPC x*', /video0.*USB/],
  ];

  for (const [name, fault, pattern] of cases)
    test(fault, async () => {
      const camera = await HostileCamera.start(relay, {
        name: `end-${name}`, script: [...DEVICES, fault],
      });
      await camera.child.line(pattern, { timeout: 5000 * SLOW });
      await camera.stop();
      assert.equal(camera.report().open_files, 0);
    });
});
