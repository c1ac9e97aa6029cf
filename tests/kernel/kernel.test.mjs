// SPDX-License-Identifier: MIT
/*
 * The hardware path against the real V4L2 core: vivid is the camera, the
 * module of tests/kernel/module the Pi's scaler and encoder.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { Guest } from './guest.mjs';
import { cut, decode } from './stream.mjs';

const ENCODER = '/dev/video11';
const SCALER = '/dev/video12';
const CONTIGUOUS = '/dev/video0'; // vivid, its memory in one piece
const SCATTERED = '/dev/video1'; // vivid, its memory as a USB camera's

let guest;

before(async () => {
  guest = await Guest.boot();
  await guest.run([
    'modprobe vivid n_devs=2 node_types=0x1,0x1 vid_cap_nr=0,1 ' +
      'num_inputs=1,1 input_types=0x0,0x0 allocators=1,0',
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
  const check = (node) => guest.start(
    `v4l2-compliance -d ${node} -s20 -e ${CONTIGUOUS}`);

  await guest.run(`echo 1 >${parameter}`);
  const both = await Promise.all([check(ENCODER), check(SCALER)]);
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
