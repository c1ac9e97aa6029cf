// SPDX-License-Identifier: MIT
/* What the camera sends beside the H.264 itself: uplinks are narrow. */
import assert from 'node:assert/strict';
import { connect, createServer } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { newFolder } from './child.mjs';
import { makeVideo } from './fixtures.mjs';
import { readInit, readPart } from './mp4.mjs';
import { Camera, Relay, runSeconds } from './oriel.mjs';
import { decode } from './wire.mjs';
import { FrameReader } from './ws_frames.mjs';

const MOST = 1.03;

/*
 * A wire tap between camera and relay: passes everything on and reads the
 * WebSocket frames that the camera sends.
 */
class Tap {
  constructor(relay) {
    this.up = 0; // bytes of TCP payload, camera to relay
    this.down = 0;
    this.messages = [];
    this.told = 0; // what the relay's clock shows
    this.reader = new FrameReader();
    this.server = createServer((near) => {
      const far = connect(relay.port, '127.0.0.1');
      near.on('data', (bytes) => {
        this.up += bytes.length;
        this.messages.push(...this.reader.feed(bytes));
        far.write(bytes);
      });
      far.on('data', (bytes) => {
        this.down += bytes.length;
        this.told += bytes.includes('Oclk') ? 1 : 0;
        near.write(bytes);
      });
      for (const [a, b] of [[near, far], [far, near]]) {
        a.on('error', () => b.destroy());
        a.on('close', () => b.destroy());
      }
    });
  }

  async listen() {
    await new Promise((done) => { this.server.listen(0, '127.0.0.1', done); });
    this.port = this.server.address().port;
  }
}

test('init and parts are at most 1.03 times the H.264 in them', async (t) => {
  // The test card is too plain to fill a megabit.
  const path = makeVideo(newFolder(), 'megabit.mp4', { kbits: 1000 });
  const relay = await Relay.start();
  const tap = new Tap(relay);
  await tap.listen();
  const camera = await Camera.start(
    { ...relay, port: tap.port, key: (name) => relay.key(name),
      state: (name) => relay.state(name) },
    { name: 'lean', args: ['--source', path, '--part-ms', '200'] });
  await camera.live();
  await sleep(runSeconds(20) * 1000);
  await camera.finish();
  await relay.finish();
  tap.server.close();

  const sizes = {};
  let coded = 0; // H.264: NAL units with their length fields
  let first = Infinity;
  let last = -Infinity;
  for (const bytes of tap.messages) {
    const message = decode(bytes);
    sizes[message.name] = (sizes[message.name] ?? 0) + bytes.length;
    if (message.name === 'init')
      coded += readInit(message.body).avcc.length; // the parameter sets
    if (message.name === 'part') {
      for (const sample of readPart(message.body))
        coded += sample.bytes.length;
      first = Math.min(first, Number(message.start_us));
      last = Math.max(last, Number(message.start_us) +
                            message.duration_90k / 0.09);
    }
  }
  const seconds = (last - first) / 1e6;
  const kbits = (bytes) => `${(bytes / 125 / seconds).toFixed(2)} kbit/s`;
  const media = sizes.init + sizes.part;
  const parts = tap.messages.filter((m) => decode(m).name === 'part').length;

  t.diagnostic(`${seconds.toFixed(1)} s, ${parts} parts, ` +
               `H.264 ${kbits(coded)}`);
  t.diagnostic(`init and part messages ${kbits(media)}: ` +
    `${(media / coded).toFixed(4)} of the H.264, ` +
    `${((media - coded) / parts).toFixed(0)} bytes a part`);
  t.diagnostic(`playlists ${kbits(sizes.playlist)}, other messages ` +
    `${kbits(tap.messages.reduce((n, m) => n + m.length, 0) - media -
             sizes.playlist)}, WebSocket framing ${kbits(tap.reader.frameBytes)}`);
  t.diagnostic(`TCP payload up ${kbits(tap.up)}, down ${kbits(tap.down)}; ` +
    `headers of TCP and IPv4 add about ${kbits(52 * (tap.up / 1448 + parts))}`);
  const rate = coded / 125 / seconds;
  assert.ok(rate > 800 && rate < 1200, `${rate} kbit/s are not 1 Mbit/s`);
  // What the relay's clock shows is asked in pongs: 1, 3, 7, 15 s after welcome.
  const asked = tap.reader.pongs.filter((pong) => pong.includes('Oclk')).length;
  t.diagnostic(`asked ${asked} times for the relay's clock, told ${tap.told}`);
  assert.ok(asked >= 2 && asked <= 2 + seconds / 5, `asked ${asked} times`);
  assert.ok(tap.told === asked || tap.told === asked - 1, `${tap.told}`);
  assert.ok(media <= MOST * coded,
            `${media} bytes sent for ${coded} bytes of H.264`);
});
