// SPDX-License-Identifier: MIT
/* oriel-cam check, on machines that the fake devices stand for. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';

import { newFolder } from './child.mjs';
import { preload } from './hostile_device.mjs';
import { runOnce } from './oriel.mjs';

function check(script, args = [], env = {}) {
  const folder = newFolder();
  const devices = { LD_PRELOAD: preload(), FAKEV4L2: script?.join('\n'),
                    FAKEV4L2_ROOT: join(folder, 'root') };

  return runOnce('oriel-cam', ['check', '--spool', join(folder, 'spool'),
                               ...args], { ...(script && devices), ...env });
}

/* Marks and sentences of a topic. */
function about({ output }, topic) {
  return output.split('\n').filter(
    (line) => line.slice(9).startsWith(`${topic} `))
    .map((line) => [line.slice(0, 9).trim(), line.slice(22)]);
}

test('a Pi with a USB camera: what is used, how, and how well', async () => {
  const result = await check(['pi', 'node cam camera profile=uvc']);
  const [[mark, sentence], [, rate], [, late]] = about(result, 'stream');

  assert.equal(result.code, 0, result.output);
  assert.deepEqual(about(result, 'encoder'), [
    ['ok', '/dev/video11 is bcm2835-codec-encode (bcm2835-codec)']]);
  assert.match(about(result, 'scaler')[0][1], /video12 is bcm2835-codec-isp/);
  assert.equal(mark, 'ok');
  assert.match(sentence, /640x360 at 30\/1 .* camera; the camera writes into/);
  assert.match(rate, /^(2[5-9]|3[0-5])\.\d pictures and \d+ kbit a second/);
  assert.match(late, /at most \d+ ms from the camera to H.264/);
});

test('in JSON it has everything that a helper asks for', async () => {
  const { code, output } = await check(
    ['kernel 5.15', 'pi', 'node cam camera profile=unicam'], ['--json']);
  const { version, findings, facts } = JSON.parse(output);
  const fact = (topic, name) => facts.filter(
    (one) => one.topic === topic && one.name === name).map(({ text }) => text);

  assert.equal(code, 0, output);
  assert.match(version, /^\d+\.\d+/);
  assert.ok(findings.every(({ mark, topic, text }) => mark && topic && text));
  assert.match(fact('/dev/video11', 'OUTPUT')[0], /YU12 .*NV12 .*YUYV/);
  assert.ok(fact('/dev/video11', 'width:stride/size').some(
    (text) => /^YU12 .*848:896\//.test(text)), output);
  assert.ok(fact('/dev/video11', 'control').some(
    (text) => text === 'video_bitrate=10000000 of 25000..25000000'));
  assert.ok(fact('/dev/video0', 'mode').some(
    (text) => /^NV12 1280x720 30\.000\/s/.test(text)));
  assert.equal(fact('machine', 'kernel').length, 1);
});

test('a machine with nothing shows the test card, and says so', async () => {
  const result = await check(['node meta metadata']);

  assert.equal(result.code, 0, result.output);
  assert.deepEqual(about(result, 'camera').map(([mark]) => mark), ['note']);
  assert.ok(about(result, 'stream').some(
    ([mark, text]) => mark === 'warning' && /test card, no camera/.test(text)));
});

test('a camera that is named and not there is wrong', async () => {
  const result = await check(['pi'], ['--source', 'v4l2']);

  assert.equal(result.code, 1);
  assert.match(result.output, /WRONG +stream +v4l2: No such device/);
});

test('a camera that another program has is named, and the remedy', async () => {
  const result = await check(
    ['pi', 'node cam camera profile=uvc', 'call=open cam fail EBUSY x*'],
    ['--source', 'v4l2']);

  assert.equal(result.code, 1);
  assert.match(result.output, /video0 cannot be asked: Device or resource busy/);
  assert.match(result.output, /-> .*systemctl stop oriel-cam/);
});

test('a camera that gives nothing is wrong', async () => {
  const result = await check(
    ['pi', 'node cam camera profile=uvc', 'cam stall']);

  assert.equal(result.code, 1);
  assert.match(result.output, /WRONG +stream +no pictures came/);
});

test('the relay answers, or not', async () => {
  const server = createServer((socket) => socket.destroy());
  await new Promise((done) => { server.listen(0, '127.0.0.1', done); });
  const url = `ws://127.0.0.1:${server.address().port}/`;
  const there = await check(null, ['--relay', url], { ORIEL_KEY: 'x' });
  assert.match(about(there, 'relay')[0].join(' '), /^ok 127.0.0.1 answers/);
  await new Promise((done) => { server.close(done); });

  const gone = await check(null, ['--relay', url]);
  const [[keyMark, key], [mark, sentence]] = about(gone, 'relay');
  assert.equal(gone.code, 1);
  assert.equal(keyMark, 'warning');
  assert.match(key, /no publish key/);
  assert.equal(mark, 'WRONG');
  assert.match(sentence, /does not answer at port \d+: Connection refused/);

  const odd = await check(null, ['--relay', 'ftp://example.org/']);
  assert.match(about(odd, 'relay')[0].join(' '), /^WRONG .*cannot be read/);
});
