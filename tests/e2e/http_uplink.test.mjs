// SPDX-License-Identifier: MIT
/*
 * A camera that publishes by HTTP requests, --relay http:// or https://: the
 * same stream as over a WebSocket, each media byte once, also where a proxy on
 * the way lets no WebSocket through.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { newFolder } from './child.mjs';
import { run } from './fixtures.mjs';
import { Follower } from './follower.mjs';
import { Camera, finishAll, Relay, runSeconds, SLOW } from './oriel.mjs';
import { messagesIn } from './posting.mjs';
import { FairClock } from './starvation.mjs';

/* A relay as it is seen through something at another port. */
const behind = (relay, port) => ({
  port, key: (name) => relay.key(name), state: (name) => relay.state(name),
});

/*
 * A proxy that knows no WebSockets: it takes the upgrade out of a request, as
 * RFC 9110 7.6.1 has it do with a header it does not know, or refuses it. It
 * reads what cameras post.
 */
class OldProxy {
  constructor(relay, { refuse = false } = {}) {
    this.requests = [];
    this.upgrades = 0;
    this.server = createServer((near) => {
      const far = connect(relay.port, '127.0.0.1');
      let text = Buffer.alloc(0);

      near.on('data', (bytes) => {
        if (/\r\nUpgrade: websocket/i.test(bytes.toString('latin1'))) {
          this.upgrades++;
          if (refuse) {
            near.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
            return;
          }
          bytes = Buffer.from(bytes.toString('latin1')
            .replace(/\r\n(Upgrade|Connection):[^\r]*/gi, ''), 'latin1');
        }
        text = this.read(Buffer.concat([text, bytes]));
        far.write(bytes);
      });
      far.on('data', (bytes) => near.write(bytes));
      for (const [a, b] of [[near, far], [far, near]]) {
        a.on('error', () => b.destroy());
        a.on('close', () => b.destroy());
      }
    });
  }

  /* Takes whole requests out of `text`; returns the rest. */
  read(text) {
    for (;;) {
      const end = text.indexOf('\r\n\r\n') + 4;
      if (end < 4)
        return text;
      const head = text.subarray(0, end).toString('latin1');
      const length = Number(/Content-Length: (\d+)/i.exec(head)?.[1] ?? 0);
      if (text.length < end + length)
        return text;
      this.requests.push({ head, body: text.subarray(end, end + length) });
      text = text.subarray(end + length);
    }
  }

  async listen() {
    await new Promise((done) => { this.server.listen(0, '127.0.0.1', done); });
    this.port = this.server.address().port;
    return this;
  }
}

test('by requests: the same stream, each part once, few requests',
     async (t) => {
  const relay = await Relay.start();
  const proxy = await new OldProxy(relay).listen();
  const camera = await Camera.start(behind(relay, proxy.port),
                                    { name: 'req', scheme: 'http' });
  await camera.live();
  const client = relay.client('req');
  const follower = new Follower(client, { slow: SLOW });
  const start = performance.now();
  await follower.run(runSeconds(8) * 1000);
  const seconds = (performance.now() - start) / 1000;
  assert.deepEqual(follower.problems, []);
  assert.ok(follower.parts > seconds, `${follower.parts} parts`);
  client.close();
  await finishAll(camera, relay);
  proxy.server.close();

  const posts = proxy.requests.filter(({ head }) => head.startsWith('POST'));
  const parts = posts.flatMap(({ body }) => messagesIn(body))
    .filter(({ name }) => name === 'part');
  const names = parts.map(({ msn, part }) => `${msn}.${part}`);
  assert.equal(new Set(names).size, names.length, 'a part was sent twice');
  assert.ok(posts.length < parts.length * 1.6 + 10,
            `${posts.length} requests for ${parts.length} parts`);
  const heads = posts.reduce((sum, { head }) => sum + head.length, 0);
  t.diagnostic(`${parts.length} parts in ${posts.length} requests, ` +
               `${(heads / posts.length).toFixed(0)} bytes of head each`);
});

test('a relay that is started anew gets what it needs to go on', async () => {
  const relay = await Relay.start();
  const camera = await Camera.start(relay, { name: 'again', scheme: 'http' });
  await camera.live();
  const before = (await relay.state('again')).msn;
  await relay.kill();
  await relay.begin();
  await camera.live();
  assert.ok((await relay.state('again')).msn >= before);
  camera.allowed.push(/connection|anew|refused/i);
  await finishAll(camera, relay);
});

/* A camera that sends only when watched, behind a proxy that counts. */
async function startResting(relay, name, args) {
  const proxy = await new OldProxy(relay).listen();
  const camera = await Camera.start(behind(relay, proxy.port), {
    name, scheme: 'http',
    args: ['--upload', 'watched', '--quiet-after', '5', '--poster', '0',
           ...args],
  });
  return { proxy, camera };
}

async function until(what, condition) {
  const end = performance.now() + 30000 * SLOW;
  while (!await condition()) {
    assert.ok(performance.now() < end, `never ${what}`);
    await sleep(100);
  }
}

/* How long a viewer waits for a playlist, but for what a busy machine takes. */
async function wake(relay, camera) {
  const client = relay.client(camera.name);
  const clock = new FairClock(relay.child.pid, camera.child.pid);
  const { status } = await client.get('index.m3u8', { timeout: 30000 });
  const { ms } = clock;
  clock.close();
  assert.equal(status, 200);
  client.close();
  return ms;
}

/*
 * As over a WebSocket: nothing is sent while nobody watches, one GET after the
 * other waits for somebody; asleep there is not even that.
 */
test('quiet and asleep by requests, and awake at once', async (t) => {
  const relay = await Relay.start();
  const quiet = await startResting(relay, 'quiet', ['--sleep-after', '0']);
  const sleeper = await startResting(relay, 'sleeper',
                                     ['--sleep-after', '5', '--check-in', '2']);
  const heads = ({ proxy }, from) =>
    proxy.requests.slice(from).map(({ head }) => head.split(' HTTP')[0]);

  await until('quiet', async () =>
    (await relay.state('quiet')).age_ms > 8000); // too old to be played
  const from = quiet.proxy.requests.length;
  await sleep(2000);
  assert.ok(heads(quiet, from).length <= 2, heads(quiet, from).join('\n'));
  assert.deepEqual(quiet.proxy.requests.slice(from)
    .flatMap(({ body }) => messagesIn(body))
    .filter(({ name }) => /init|part|playlist/.test(name)), []);
  const fromQuiet = await wake(relay, quiet.camera);

  await until('asleep', async () =>
    (await relay.state('sleeper')).device?.mode === 'asleep');
  const asleep = sleeper.proxy.requests.length;
  await sleep(5000);
  const asked = heads(sleeper, asleep);
  assert.ok(asked.length >= 1 && asked.length <= 4 &&
            asked.every((line) => /^GET \S*\/demand/.test(line)),
            asked.join('\n'));
  const fromSleep = await wake(relay, sleeper.camera);

  t.diagnostic(`from quiet ${fromQuiet.toFixed(0)} ms, ` +
               `from sleep ${fromSleep.toFixed(0)} ms`);
  assert.ok(fromQuiet < 3000 * SLOW && fromSleep < 2000 + 4500 * SLOW);
  await finishAll(quiet.camera, sleeper.camera, relay);
  quiet.proxy.server.close();
  sleeper.proxy.server.close();
});

test('over TLS, with a certificate of one\'s own', async () => {
  const folder = newFolder();
  run('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt',
    'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj',
    '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout',
    `${folder}/key.pem`, '-out', `${folder}/cert.pem`]);
  const relay = await Relay.start({
    args: ['--tls-cert-file', `${folder}/cert.pem`, '--tls-key-file',
           `${folder}/key.pem`],
  });
  const camera = await Camera.start(relay, {
    name: 'tls', scheme: 'https', args: ['--ca-file', `${folder}/cert.pem`],
  });
  await relay.child.line(/tls: a device has connected/,
                         { timeout: 10000 * SLOW });
  await finishAll(camera, relay);
});

for (const refuse of [true, false])
  test(`a proxy that ${refuse ? 'refuses' : 'takes out'} the upgrade: ` +
       'the log says what to write', async () => {
    const relay = await Relay.start();
    const proxy = await new OldProxy(relay, { refuse }).listen();
    const camera = await Camera.start(behind(relay, proxy.port),
                                      { name: 'old' });
    await camera.child.line(/write https:\/\/ instead of wss:\/\//,
                            { timeout: 10000 * SLOW });
    assert.ok(proxy.upgrades > 0);
    camera.allowed.push(/HTTP status/);
    await camera.finish();

    const other = await Camera.start(behind(relay, proxy.port),
                                     { name: 'old', scheme: 'http' });
    await other.live();
    await sleep(500);
    await finishAll(other, relay);
    proxy.server.close();
  });

test('a session is replaced when it is old, and viewers see nothing',
     async () => {
  const relay = await Relay.start();
  const camera = await Camera.start(relay, {
    name: 'old', scheme: 'http', args: ['--reconnect-after', '10'],
  });
  await camera.live();
  const client = relay.client('old');
  const follower = new Follower(client, { slow: SLOW });
  await follower.run(13000);
  assert.deepEqual(follower.problems, []);
  client.close();
  await finishAll(camera, relay);
  const says = (pattern, { child }) =>
    child.lines.filter((line) => pattern.test(line)).length;
  assert.ok(says(/a device has connected/, relay) >= 2);
  assert.equal(says(/ 0 parts were sent twice/, camera), 1);
});
