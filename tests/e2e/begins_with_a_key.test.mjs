// SPDX-License-Identifier: MIT
/*
 * A camera that has lost its memory, as a reboot does, goes on above what the
 * relay holds: with a key frame, because a player begins at the first segment.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { newFolder } from './child.mjs';
import { Camera, finishAll, Relay, SLOW } from './oriel.mjs';
import { readPlaylist } from './playlist_text.mjs';

const ROUNDS = 3;

/* What `look` gives, as soon as that is something. */
async function until(what, look) {
  const end = performance.now() + 15000 * SLOW;
  for (;;) {
    const found = await look();
    if (found)
      return found;
    assert.ok(performance.now() < end, `no ${what}`);
    await sleep(20);
  }
}

test('a camera without a past begins with a key frame', async (t) => {
  const relay = await Relay.start();
  const camera = await Camera.start(relay, { name: 'forgetful' });
  camera.allowed.push(/uplink/);
  const client = relay.client('forgetful');
  t.after(() => {
    client.close();
    return finishAll(camera, relay);
  });
  const list = (suits) => until('new list', async () => {
    const { status, body } = await client.get('index.m3u8');
    const { segments } = readPlaylist(body.toString());
    return status === 200 && suits(segments) && segments;
  });

  await list(() => true);
  await camera.kill(); // a discontinuity, which its next life knows nothing of
  await camera.begin();
  let segments = await list((all) => all.at(-1).cc > 0);
  for (let round = 0; round < ROUNDS; round++) {
    await camera.kill();
    camera.folder = newFolder();
    relay.child.signal('SIGSTOP'); // it is heard of after the first parts
    await camera.begin();
    await until('part', () => existsSync(camera.spool) &&
      camera.files().some(({ name }) => name.endsWith('.0.m4s')));
    relay.child.signal('SIGCONT');
    await camera.child.line(/the relay knows this stream up to/);
    const old = segments.at(-1).msn;
    segments = await list(([first]) => first.msn > old);
    for (const { msn, parts } of segments)
      assert.ok(!parts.length || parts[0].independent,
                `segment ${msn} of round ${round} begins without one`);
  }
});
