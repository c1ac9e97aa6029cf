// SPDX-License-Identifier: MIT
/* What whoever runs a relay sees of it, and how it is told things. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import tls from 'node:tls';

import { metricsPage, rowsOf } from '../docs/metrics_page.mjs';
import { metricsOf, Raw } from './attacker.mjs';
import { newFolder } from './child.mjs';
import { request } from './http.mjs';
import { finishAll, Relay, runOnce, SLOW } from './oriel.mjs';
import { Publisher } from './publisher.mjs';

async function start(t, options) {
  const relay = await Relay.start(options);
  t.after(() => {
    relay.allowed.push(/porch|is not the key|stays in use|no certificate/);
    return finishAll(relay);
  });
  return relay;
}

test('metrics tell of each camera and of the process', async (t) => {
  const relay = await start(t);
  const publisher = await new Publisher(relay, 'porch').open();
  await publisher.publish(3);
  const client = relay.client('porch');
  await client.get('index.m3u8');
  const first = await metricsOf(relay);
  const of = (name) => first.get(`oriel_camera_${name}{camera="porch"}`);
  assert.equal(first.get('oriel_camera_state{camera="porch",state="live"}'), 1);
  assert.equal(of('parts_total'), 3);
  assert.equal(of('received_bytes_total'), 1500 + publisher.init.length);
  assert.ok(of('sent_bytes_total') > 100);
  assert.equal(of('viewers'), 1);
  assert.equal(of('resumes_total'), 0);
  assert.ok(Math.abs(of('part_delay_seconds')) < 5 * SLOW);
  for (const kind of ['stored', 'replies', 'resident'])
    assert.ok(first.get(`oriel_memory_bytes{kind="${kind}"}`) > 1000, kind);
  publisher.ws.cut();
  const again = new Publisher(relay, 'porch', { process: 7n });
  await again.open();
  assert.equal((await metricsOf(relay)).get(
    'oriel_camera_resumes_total{camera="porch"}'), 1);
  again.ws.cut();
  client.close();
});

test('metrics are what docs/metrics.md says, each with its type and sentence',
     async (t) => {
  const relay = await start(t);
  const publisher = await new Publisher(relay, 'porch').open();
  await publisher.publish(1);
  const answer = await fetch(`${relay.url}metrics`);
  assert.match(answer.headers.get('content-type'), /^text\/plain; version=0\.0\.4/);
  const told = new Map();
  let family;
  for (const line of (await answer.text()).trimEnd().split('\n')) {
    const help = /^# HELP (\w+) [A-Z1].*\.$/.exec(line);
    const type = /^# TYPE (\w+) (\w+)$/.exec(line);
    if (help) {
      [, family] = help;
      assert.ok(!told.has(family), `${family} twice`);
    } else if (type) {
      assert.equal(type[1], family);
      told.set(family, type[2]);
    } else {
      const [, name] = /^(\w+)(?:\{\w+="[\w.-]+"(?:,\w+="\w+")*\})? -?[\d.]+$/
        .exec(line) ?? assert.fail(line);
      assert.equal(name, family);
      assert.ok(told.has(name), line);
    }
  }
  const named = rowsOf(metricsPage().page);
  named.delete('oriel_tls_expiry_timestamp_seconds'); // it has none
  assert.deepEqual([...told].sort(), [...named].sort());
  publisher.ws.cut();
});

test('metrics may have a listener of their own', async (t) => {
  const relay = await start(t, { args: ['--metrics-listen', '127.0.0.1:0'] });
  const [, url] = await relay.child.line(/metrics at (\S+)/);
  const get = async (path) => (await fetch(new URL(path, url))).status;
  assert.equal(await get('/metrics'), 200);
  assert.equal(await get('/healthz'), 200);
  assert.equal(await get('/v1/cameras'), 404);
  const main = await fetch(`${relay.url}metrics`);
  assert.equal(main.status, 404);
});

test('each request is a line, without what is secret in it', async (t) => {
  for (const format of ['text', 'json']) {
    const relay = await start(t, { open: false, args: [
      '--access-log', format, '--proxy-hops', '1'] });
    const token = await relay.link('porch');
    const client = relay.client('porch');
    await client.get(`${token}/state.json?secret=1`,
                     { headers: { 'X-Forwarded-For': '203.0.113.9' } });
    await client.get('~wrong/index.m3u8');
    await client.get('/', { path: '/"\\x' });
    await sleep(600 * SLOW);
    const lines = relay.child.output.split('\n').slice(1, -1);
    assert.equal(lines.length, 3, relay.child.output);
    assert.doesNotMatch(relay.child.output, /wrong|secret|"\\\\x/);
    assert.ok(!relay.child.output.includes(token.slice(1)));
    if (format === 'json') {
      const { from, method, path, status, bytes, ms, time } =
        JSON.parse(lines[0]);
      assert.deepEqual([from, method, path, status],
                       ['203.0.113.9', 'GET', '/porch/~/state.json', 200]);
      assert.ok(bytes > 100 && ms >= 0);
      assert.ok(Math.abs(Date.parse(time) - Date.now()) < 10000 * SLOW);
      assert.deepEqual(lines.slice(1).map((l) => JSON.parse(l).path),
                       ['/porch/~/index.m3u8', '-']);
    } else {
      assert.match(lines[0],
                   / 203\.0\.113\.9 GET \/porch\/~\/state\.json 200 \d+ \d+ms$/);
    }
    client.close();
  }
});

/* A certificate for `name`, and its key, in a folder. */
function makeCertificate(folder, name) {
  const files = { cert: join(folder, `${name}.pem`),
                  key: join(folder, `${name}.key`) };
  const { status, stderr } = spawnSync('openssl', [
    'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
    '-nodes', '-days', '1', '-subj', `/CN=${name}`, '-keyout', files.key,
    '-out', files.cert], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return files;
}

/* Whose certificate the relay shows. */
function shownBy(relay) {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({
      port: relay.port, host: '127.0.0.1', rejectUnauthorized: false,
    }, () => {
      resolve(socket.getPeerCertificate().subject.CN);
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

async function until(condition, timeout = 20000 * SLOW) {
  const end = performance.now() + timeout;

  while (!await condition()) {
    assert.ok(performance.now() < end, `not in time: ${condition}`);
    await sleep(100);
  }
}

test('a certificate is read again, on SIGHUP or when it is another file',
     async (t) => {
  const folder = newFolder();
  const first = makeCertificate(folder, 'first');
  const second = makeCertificate(folder, 'second');
  const third = makeCertificate(folder, 'third');
  const relay = await start(t, { args: ['--tls-cert-file', first.cert,
                                        '--tls-key-file', first.key] });
  assert.equal(await shownBy(relay), 'first');
  // One of the two files alone is no pair: nothing is lost.
  renameSync(second.cert, first.cert);
  relay.child.signal('SIGHUP');
  await relay.child.line(/stays in use/);
  assert.equal(await shownBy(relay), 'first');
  renameSync(second.key, first.key);
  relay.child.signal('SIGHUP');
  await until(async () => await shownBy(relay) === 'second');
  // Whoever renews it need not tell.
  renameSync(third.key, first.key);
  renameSync(third.cert, first.cert);
  await until(async () => await shownBy(relay) === 'third');
  writeFileSync(first.cert, 'rubbish');
  relay.child.signal('SIGHUP');
  await relay.child.line(/no certificate/);
  assert.equal(await shownBy(relay), 'third');
});

test('who speaks no TLS where it has to be is told so, and gets nothing else',
     async (t) => {
  const { cert, key } = makeCertificate(newFolder(), 'relay');
  const relay = await start(t, {
    args: ['--tls-cert-file', cert, '--tls-key-file', key, '--limit-local',
           '--max-per-address', '4', '--max-rate', '0'],
  });
  for (const head of ['GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n',
                      'HEAD / HTTP/1.0\r\n\r\n', 'no HTTP\r\n\r\n',
                      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
                      'CONNECT x:1 HTTP/1.1\r\n\r\n',
                      'GET /v1/publish/porch HTTP/1.1\r\nHost: x\r\n' +
                      'Upgrade: websocket\r\nConnection: upgrade\r\n\r\n']) {
    const raw = new Raw(relay.port, head);
    await raw.endsWithin(10000 * SLOW, head);
    assert.deepEqual(raw.statuses, [400], `${head}${raw.got}`);
    assert.match(raw.got, /Only HTTPS is spoken here/);
  }
  // Nor is plain text said to whoever does speak TLS, and is one too many.
  const idle = Array.from({ length: 4 }, () => new Raw(relay.port));
  await until(async () => {
    const more = new Raw(relay.port, '\x16\x03\x01');
    const end = await Promise.race([more.ended, sleep(300, null)]);
    more.cut();
    assert.equal(more.got, '');
    return end !== null;
  });
  for (const raw of idle)
    raw.cut();
  await until(() => shownBy(relay).then(() => true, () => false));
});

test('a relay that cannot start says why, and what to do', async (t) => {
  const folder = newFolder();
  const { cert, key } = makeCertificate(folder, 'one');
  const other = makeCertificate(folder, 'other');
  const relay = await start(t);
  const tls = (...files) => ['--tls-cert-file', files[0],
                             '--tls-key-file', files[1]];
  for (const [args, why] of [
    [['--port', String(relay.port)], /in use; stop what .*or take another/],
    [['--metrics-listen', `127.0.0.1:${relay.port}`], /in use; stop what/],
    [['--listen', '192.0.2.1'], /192\.0\.2\.1 .*no such address; 0\.0\.0\.0/],
    [['--listen', '2001:db8::1'], /\[ADDRESS\]:PORT|has no IPv6/],
    [['--listen', 'localhost'], /localhost: .*no numeric address; 127/],
    [tls(cert, other.key), /other\.key is not the key of .*one\.pem/],
    [tls(key, cert), /one\.key has no certificate .*fullchain\.pem/],
    [tls(join(folder, 'none'), key), /cannot read .*none: No such file/],
  ]) {
    const { code, lines, output } = await runOnce(
      'oriel-relay', ['--listen', '127.0.0.1', '--port', '0', ...args],
      { ORIEL_SECRET: relay.secret });
    assert.equal(code, 1, args.join(' '));
    assert.match(lines.join('\n'), why);
    assert.equal(output, '', 'it listens');
  }
});

test('SIGHUP without a certificate does no harm', async (t) => {
  const relay = await start(t);
  relay.child.signal('SIGHUP');
  await sleep(200);
  assert.equal((await request(undefined, `${relay.url}readyz`)).status, 200);
});

test('a relay whose output nobody reads serves on, and leaves', async (t) => {
  const relay = await start(t, { args: ['--access-log', 'json'] });
  const { process } = relay.child;
  const key = await relay.key('porch');
  relay.allowed.push(/left out here: nobody read them/);
  process.stdout.pause();
  process.stderr.pause();
  // Each is a line, and some hundreds fill what the kernel keeps.
  for (let i = 0; i < 20; i++)
    await Promise.all(Array.from({ length: 20 }, async () =>
      (await new Publisher(relay, 'porch', { key }).open()).ws.cut()));
  const client = relay.client('porch');
  for (let i = 0; i < 50; i++)
    for (const { status } of await Promise.all(Array.from({ length: 50 }, () =>
      client.get('state.json'))))
      assert.equal(status, 200);
  client.close();
  const left = new Promise((resolve) => process.on('exit', resolve));
  relay.child.signal('SIGTERM');
  assert.equal(await Promise.race([left, sleep(10000 * SLOW, 'late')]), 0);
  process.stdout.resume();
  process.stderr.resume();
});
