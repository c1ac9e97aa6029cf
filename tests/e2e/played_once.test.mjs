// SPDX-License-Identifier: MIT
/*
 * A file that is played once (--once): the camera leaves, and viewers see that
 * it is over: the last playlist has all of it, and EXT-X-ENDLIST.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { newFolder } from './child.mjs';
import { makeVideo, unitsOf } from './fixtures.mjs';
import { readPart } from './mp4.mjs';
import { Camera, Relay } from './oriel.mjs';

const path = makeVideo(newFolder(), 'once.mp4', { seconds: 4, gop: 30,
                                                  bframes: 0, kbits: 300 });

for (const scheme of ['ws', 'http'])
  test(`a file that is played once ends with all of it, by ${scheme}://`,
       async () => {
    const relay = await Relay.start();
    const camera = await Camera.start(relay, {
      name: 'once', scheme, args: ['--source', path, '--once'],
    });
    const { code } = await camera.child.ended;
    assert.equal(code, 0, camera.child.lines.join('\n'));

    const client = relay.client('once');
    const { status, body } = await client.get('index.m3u8');
    const text = body.toString();
    assert.equal(status, 200);
    assert.match(text, /#EXT-X-ENDLIST\n$/);
    assert.doesNotMatch(text, /PRELOAD-HINT/);
    let frames = 0;
    for (const [name] of text.matchAll(/^[^#\n]+\.m4s$/gm)) {
      const segment = await client.get(name);
      assert.equal(segment.status, 200, name);
      for (let rest = segment.body; rest.length;) {
        // parts, one behind the other: moof and mdat
        const size = rest.readUInt32BE(0) +
                     rest.readUInt32BE(rest.readUInt32BE(0));
        frames += readPart(rest.subarray(0, size)).length;
        rest = rest.subarray(size);
      }
    }
    assert.equal(frames, unitsOf(path).length);
    assert.equal((await relay.state('once')).state, 'ended');
    client.close();
    await relay.finish();
  });
