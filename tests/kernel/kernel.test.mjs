// SPDX-License-Identifier: MIT
/*
 * The hardware path against the real V4L2 core: vivid is the camera, the
 * module of tests/kernel/module the Pi's scaler and encoder.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { Guest } from './guest.mjs';
import { Camera, live, Relay, Service, stateOf, until } from './oriel.mjs';
import { cut, decode, scale, watch } from './stream.mjs';
import { Pictures, readBase } from './vivid.mjs';

const ENCODER = '/dev/video11';
const SCALER = '/dev/video12';
const CONTIGUOUS = '/dev/video0'; // vivid, its memory in one piece
const SCATTERED = '/dev/video1'; // vivid, its memory as a USB camera's
const ANOTHER = '/dev/video2'; // as the first

const SIZE = [320, 180];
const LARGE = [640, 360]; // before the scaler
const FPS = 30;
const FRAMES = Number(process.env.FRAMES ?? 500);
const MOST_STOP = 10000; // ms, in an emulated machine that others slow down
const MOST_GAP = 10000; // ms, of a camera that went away
const MOST_LATE = 500; // ms, of a camera that is woken late

let guest;
let relay;

before(async () => {
  guest = await Guest.boot();
  await guest.run([
    'modprobe vivid n_devs=3 node_types=0x1,0x1,0x1 vid_cap_nr=0,1,2 ' +
      'num_inputs=1,1,1 input_types=0x0,0x0,0x0 allocators=1,0,1',
    'modprobe -a v4l2-mem2mem videobuf2-vmalloc videobuf2-dma-contig',
    'insmod /host/oriel_picodec.ko',
  ].join(' && '));
});

after(() => guest?.off());

function checkCompliance(t, output) {
  const [, total, good, failed, warnings] =
    /Total for .*: (\d+), Succeeded: (\d+), Failed: (\d+), Warnings: (\d+)/
      .exec(output) ?? [];
  t.diagnostic(`${good} of ${total}, ${warnings} warnings`);
  const complaints = output.split('\n').filter(
    (line) => /fail:|warn:|FAIL/.test(line)).join('\n');
  assert.ok(Number(total) > 50, output);
  assert.equal(Number(failed), 0, complaints);
  assert.equal(Number(warnings), 0, complaints);
}

test('the test device conforms, but for what a Pi does else', async (t) => {
  const parameter = '/sys/module/oriel_picodec/parameters/conform';
  const check = (node, camera) => guest.start(
    `v4l2-compliance -d ${node} -s20 -e ${camera}`);

  await guest.run(`echo 1 >${parameter}`);
  const both = await Promise.all([check(ENCODER, CONTIGUOUS),
                                  check(SCALER, ANOTHER)]);
  await guest.run(`echo 0 >${parameter}`);
  for (const { output } of both)
    checkCompliance(t, output);
});

test('the test device behaves as a Pi does', async (t) => {
  const output = await guest.run(
    `mkdir -p /tmp/device && /host/device_test ${ENCODER} ${SCALER} ` +
    `${SCATTERED} /tmp/device; status=$?; ` +
    'cp -r /tmp/device /host/out; exit $status');
  t.diagnostic(output.trim().split('\n').at(-1));
});

test('what the test device encodes is decoded without loss', () => {
  const folder = join(guest.share, 'out/device');
  for (const [name, width, height] of [['yu12-640x360', 640, 360],
                                       ['nv12-328x182', 328, 182]]) {
    const raw = readFileSync(join(folder, `${name}.yuv`));
    const pictures = decode(readFileSync(join(folder, `${name}.h264`)),
                            width, height);
    const want = cut(raw, (width * height * 3) / 2);
    assert.equal(pictures.length, want.length);
    pictures.forEach((picture, i) => assert.ok(
      picture.equals(want[i]), `${name}: picture ${i}`));
  }
});

/* The module's counters, and how much they have grown since `before_`. */
async function counters(before_ = {}) {
  const output = await guest.run(
    'cd /sys/module/oriel_picodec/parameters && ' +
    'grep . pictures dmabuf attached skipped');
  return Object.fromEntries(output.trim().split('\n').map((line) => {
    const [name, value] = line.split(':');
    return [name, Number(value) - (before_[name] ?? 0)];
  }));
}

/* What the ioctls of a running program say of buffers, for a second. */
async function bufferIoctls(camera) {
  return guest.run(
    'timeout 1 strace -f -q -e trace=ioctl ' +
    `-p $(cat ${camera.pidFile}) 2>&1 | grep QBUF || true`);
}

const hardware = (node) => `--source v4l2:${node} ` +
  `--encoder v4l2:${ENCODER} --width ${SIZE[0]} --height ${SIZE[1]} ` +
  `--fps ${FPS}`;

function startCamera(name, node, args = '', prefix = '') {
  return new Camera(guest, name, `${hardware(node)} ${args}`, prefix);
}

/* The firmware hangs, or does not any more. */
const hang = (on) => guest.run(
  `echo ${on} >/sys/module/oriel_picodec/parameters/hang`);
const REMEDY = /hangs in a way that the kernel cannot end.*$/m;

/*
 * FRAMES frames of a camera that shows a picture which moves from frame to
 * frame: how far it has moved tells which one it is, and each must be exactly
 * the picture that vivid gave, or what the scaler makes of it.
 */
async function checkStream(t, { name, node, args, shown, says }) {
  const before_ = await counters();
  const camera = startCamera(name, node, args);

  t.after(() => camera.stop()); // also when something is wrong with it
  await camera.says(says);
  let ioctls; // of a second in the middle
  const frames = await watch(camera, (all) => {
    if (all.length > FRAMES / 2)
      ioctls ??= bufferIoctls(camera);
    return all.length >= FRAMES;
  });
  ioctls = await ioctls;
  const grown = await counters(before_);
  const { code, output, ms } = await camera.stop();
  assert.equal(code, 0, output);
  assert.ok(ms < MOST_STOP, `it took ${ms} ms to stop`);

  const pictures = decode(Buffer.concat(frames.map(({ bytes }) => bytes)),
                          ...SIZE);
  assert.equal(pictures.length, frames.length, 'frames that can be decoded');
  const [, lost = '0'] = /lost (\d+) pictures/.exec(output) ?? [];
  // On a machine so busy that vivid loses pictures, some also come while the
  // encoder is behind, and oriel-cam leaves them out.
  const [, behind = '0'] = /(\d+) pictures came while the/.exec(output) ?? [];
  const missing = checkPictures(frames, pictures, shown);
  t.diagnostic(`${frames.length} frames in order, ${missing} missing between ` +
    `them; vivid lost ${lost}, ${behind} came too early; ` +
    `${frames.at(-1).cc - frames[0].cc} breaks; ` +
    `stopped in ${ms.toFixed(0)} ms`);
  assert.ok(missing <= Number(lost) + Number(behind),
            `${missing} missing, ${lost} lost, ${behind} too early`);
  assert.doesNotMatch(output, /hardware skipped/);
  return { grown, ioctls, output };
}

/* Each picture is the right one at its time; how many are not there. */
function checkPictures(frames, pictures, shown) {
  const places = pictures.map((picture) => shown.find(picture));
  const bad = places.indexOf(-1);
  assert.equal(bad, -1, `picture ${bad} is none that vivid shows`);
  const steps = places.slice(1).map(
    (place, i) => (place - places[i] + shown.count) % shown.count);
  const one = Math.min(...steps);
  let missing = 0;
  let start = { ms: frames[0].ms, at: 0 }; // of what has one timeline
  assert.ok(one > 0, 'a picture came twice');
  steps.forEach((moved, i) => {
    assert.equal(moved % one, 0, `step ${moved} at ${i}`);
    missing += moved / one - 1;
    assert.ok(frames[i + 1].ms > frames[i].ms, `time of frame ${i + 1}`);
    const at = i + 1 + missing;
    if (frames[i + 1].cc !== frames[i].cc)
      start = { ms: frames[i + 1].ms, at };
    const late = frames[i + 1].ms - start.ms - ((at - start.at) * 1000) / FPS;
    assert.ok(Math.abs(late) < MOST_LATE, `frame ${i + 1} is ${late} ms late`);
  });
  return missing;
}

const check = (args) => guest.run(
  `oriel-cam check ${hardware(CONTIGUOUS)} --spool /dev/shm/check ` +
  `${args} 2>/dev/null`);

test('oriel-cam check says what is there and what is used', async (t) => {
  const output = await check('');

  t.diagnostic(output.split('\n').find((line) => /H.264/.test(line)));
  assert.match(output, /^ok +encoder +\/dev\/video11 is /m);
  assert.match(output, /^ok +scaler +\/dev\/video12 is /m);
  assert.match(output, /^ok +camera +\/dev\/video0 is /m);
  assert.match(output, /^ok +stream .*320x180.*without a copy/m);
});

test('oriel-cam check --json has all that a helper asks for', async () => {
  const { findings, facts } = JSON.parse(await check('--json'));
  const fact = (topic, name) => facts.filter(
    (one) => one.topic === topic && one.name === name).map(({ text }) => text);

  assert.ok(findings.every(({ mark }) => mark !== 'WRONG'));
  assert.match(fact(ENCODER, 'OUTPUT').join(), /YU12.*NV12/);
  assert.ok(fact(ENCODER, 'control').some(
    (text) => /^video_bitrate=\d+ of \d+\.\.\d+/.test(text)));
  assert.ok(fact(CONTIGUOUS, 'mode').some(
    (text) => /^NV12 320x180 \d+\.000\/s/.test(text)));
  assert.match(fact('machine', 'kernel').join(), /6\.12/);
});

test('oriel-cam', async (group) => {
  relay = await Relay.start(guest);
  const shown = new Pictures(await readBase(guest, CONTIGUOUS, SIZE), SIZE);
  const scaled = new Pictures(
    await readBase(guest, CONTIGUOUS, LARGE), LARGE,
    (picture) => scale(picture, LARGE, SIZE));
  const scattered = new Pictures(await readBase(guest, SCATTERED, SIZE), SIZE);

  await group.test('gives the camera\'s memory to the encoder', async (t) => {
    const { grown, ioctls } = await checkStream(t, {
      name: 'contiguous', node: CONTIGUOUS, shown, args: '',
      says: /without a copy/,
    });
    // The counters are read one after the other, while it runs.
    assert.ok(grown.dmabuf >= grown.pictures, 'pictures that were copied');
    assert.ok(grown.attached <= 16, `${grown.attached} times attached`);
    assert.doesNotMatch(ioctls, /OUTPUT_MPLANE.*MEMORY_MMAP/);
  });

  await group.test('scales with the scaler', async (t) => {
    const { grown } = await checkStream(t, {
      name: 'scaled', node: CONTIGUOUS, shown: scaled,
      args: `--capture ${LARGE.join('x')}`, says: /scale/,
    });
    t.diagnostic(JSON.stringify(grown));
  });

  await group.test('has the camera fill the encoder\'s memory', async (t) => {
    const { ioctls } = await checkStream(t, {
      name: 'scattered', node: SCATTERED, shown: scattered, args: '',
      says: /without a copy/,
    });
    assert.match(ioctls, /VIDEO_CAPTURE,.*MEMORY_DMABUF/);
    assert.doesNotMatch(ioctls, /VIDEO_CAPTURE,.*MEMORY_MMAP/);
  });

  // Starts while the next test runs, for it takes long.
  const starting = Service.start(guest, 'service', {
    SOURCE: `v4l2:${ANOTHER}`, ENCODER: `v4l2:${ENCODER}`,
    WIDTH: SIZE[0], HEIGHT: SIZE[1], FPS, HANG_S: 2,
  });
  starting.catch(() => {}); // whoever needs it hears of it

  await group.test('gets over a camera that leaves, and fails', async (t) => {
    const faults = ['disconnect', 'inject_fatal_streaming_error'];
    const camera = startCamera('leaving', CONTIGUOUS);

    t.after(() => camera.stop());
    const running = [];
    let next = 60; // frames before the fault
    const frames = await watch(camera, (all) => {
      if (all.length <= next)
        return false;
      next = all.length + 90;
      if (faults.length)
        running.push(guest.run(
          `v4l2-ctl -d ${CONTIGUOUS} -c ${faults.shift()}=1`));
      else
        return true;
      return false;
    });
    await Promise.all(running);
    const { code, output } = await camera.stop();
    assert.equal(code, 0, output);
    const gaps = frames.slice(1).flatMap(({ ms, cc }, i) =>
      (cc !== frames[i].cc ? [ms - frames[i].ms] : []));
    t.diagnostic(`back after ${gaps.map(Math.round).join(', ')} ms`);
    assert.ok(gaps.length >= 2, 'a discontinuity for each');
    assert.ok(Math.max(...gaps) < MOST_GAP, output);
    for (const picture of decode(
      Buffer.concat(frames.map(({ bytes }) => bytes)), ...SIZE))
      assert.notEqual(shown.find(picture), -1, 'a picture of vivid');
  });

  await group.test('as a service, outlives hardware that hangs', async (t) => {
    const service = await starting;

    await live(service);
    const { MainPID: pid } = await service.show('MainPID');
    await hang(1);
    try {
      const [sentence] = await service.says(REMEDY);
      assert.match(sentence, /boot/);
      await relay.says(/publish: service: the device .* said bye/);
      t.diagnostic(sentence);
      // The remedy is named here, and to whoever asks the relay.
      let status = '';
      await until(async () => {
        status = await guest.run('oriel-cam status');
        return /^Note .*reboot/m.test(status);
      }, { tell: () => `no note in its status:\n${status}` });
      const { state, device } = await stateOf(guest, 'service');
      assert.notEqual(state, 'live');
      assert.match(device.note, /reboot/);
      await sleep(2000);
      await guest.run('systemctl kill --signal=KILL oriel-cam; sleep 0.5');
      assert.deepEqual(await service.show('MainPID,NRestarts'),
                       { MainPID: pid, NRestarts: '0' },
                       'not even SIGKILL ends it');
      assert.equal(service.log.match(new RegExp(REMEDY, 'gm')).length, 1,
                   service.log);
    } finally {
      await hang(0);
    }
    // Now it ends, is started again, and the picture is back.
    await live(service);
    assert.equal((await service.show('NRestarts')).NRestarts, '1');
    await guest.run('systemctl stop oriel-cam');
    assert.equal((await service.show('Result')).Result, 'success',
                 service.log);
  });

  // A machine that just booted does not boot again; in a time namespace of
  // its own, the other program believes that it has been up for an hour.
  await group.test('boots where it may, but not twice in a row', async () => {
    const args = '--on-hang reboot --hang-s 2';
    const old = startCamera('old', CONTIGUOUS, args,
      'unshare --time --fork --boottime 3600 sh -c ' +
        '\'echo $$ >/tmp/old.pid; exec "$@"\' sh');
    const young = startCamera('young', SCATTERED, args);

    await guest.catchReboot();
    await Promise.all([live(old), live(young)]);
    await hang(1);
    try {
      await Promise.all([old.says(/booting the machine/), young.says(REMEDY)]);
      await guest.rebooted();
      await sleep(2000);
      assert.doesNotMatch(young.log, /booting/);
      assert.equal(old.log.match(/booting/g).length, 1);
    } finally {
      await hang(0);
    }
    await Promise.all([old.stop(), young.stop()]);
  });

  const { code, output } = await relay.stop();
  assert.equal(code, 0, `the relay:\n${output}`);
});
