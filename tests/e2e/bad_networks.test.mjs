// SPDX-License-Identifier: MIT
/*
 * What lies between a camera and its relay: login pages, proxies with
 * passwords, names that nobody knows, clocks that are wrong. Either the camera
 * gets through, or its log names what is wrong and what to do. See also
 * docs/reliability.md.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, createServer as createTcp } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { newFolder } from './child.mjs';
import { Camera, finishAll, Relay, SLOW } from './oriel.mjs';

const NAME = 'relay.test'; // that no name server knows (RFC 6761)
const SOON = 1000 * SLOW;

/* Neither servers nor what is connected to them keep a failed test running. */
const listen = (server) => new Promise((done) => {
  server.on('connection', (socket) => socket.unref());
  server.listen(0, '127.0.0.1', () => done(server.address().port));
  server.unref();
});

/* A camera that is led elsewhere than to its relay. */
function cameraTo(relay, url, { args = [], env = {} } = {}) {
  return Camera.start(relay, { name: 'lost', args: ['--relay', url, ...args],
                               env });
}

async function complains(camera, pattern) {
  camera.allowed.push(/uplink/);
  await camera.child.line(pattern, { timeout: 15000 * SLOW });
}

/* --- login pages ----------------------------------------------------------- */

async function portal(answer, pattern) {
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    answer(response);
  });
  server.on('upgrade', (request, socket) => {
    requests++;
    socket.on('error', () => {}); // who is led astray hangs up
    answer({
      writeHead: (status, headers) => socket.write(
        `HTTP/1.1 ${status} x\r\n` +
        Object.entries(headers).map(([k, v]) => `${k}: ${v}\r\n`).join('') +
        '\r\n'),
      end: (body) => socket.end(body),
    });
  });
  const port = await listen(server);
  const relay = await Relay.start();
  const camera = await cameraTo(relay, `ws://127.0.0.1:${port}/`);
  await complains(camera, pattern);
  const before = requests;
  await sleep(3000);
  assert.ok(requests > before, 'it does not try again');
  await finishAll(camera, relay);
  server.close();
}

test('a login page that redirects is told from a relay', () => portal(
  (response) => {
    response.writeHead(302, { Location: 'http://login.example/hotel',
                              'Content-Length': 0 });
    response.end('');
  }, /status 302 and leads to http:\/\/login\.example\/hotel.*login page/));

test('a login page with status 200 is told from a relay', () => portal(
  (response) => {
    response.writeHead(200, { 'Content-Type': 'text/html',
                              'Content-Length': 26 });
    response.end('<html>Please log in</html>');
  }, /status 200.*login page/));

/* --- names ------------------------------------------------------------------ */

test('a name that cannot be looked up is named, and stopping is quick',
     async () => {
  const relay = await Relay.start();
  const camera = await cameraTo(relay, 'ws://relay.invalid:8080/', {
    env: { http_proxy: '', all_proxy: '', ALL_PROXY: '' },
  });
  await complains(camera,
                  /relay\.invalid.*(there is no host|cannot be looked up)/);
  const took = await camera.finish();
  assert.ok(took < SOON + 1000, `${took} ms`);
  await relay.finish();
});

/* --- proxies ---------------------------------------------------------------- */

/* Leads every CONNECT to the relay, whatever its name, for who may. */
async function openProxy(relay, userAndPassword) {
  const wanted = userAndPassword &&
    `basic ${Buffer.from(userAndPassword).toString('base64')}`.toLowerCase();
  const proxy = { asked: [], server: createTcp((near) => {
    near.on('error', () => {});
    near.once('data', (bytes) => {
      const head = bytes.toString('latin1');
      const given = /^proxy-authorization: (.*?)\r?$/im.exec(head)?.[1] ?? '';
      proxy.asked.push(head.split('\r\n')[0]);
      if (wanted && given.trim().toLowerCase() !== wanted) {
        near.end('HTTP/1.1 407 Proxy Authentication Required\r\n' +
                 'Proxy-Authenticate: Basic realm="x"\r\n\r\n');
        return;
      }
      const far = connect(relay.port, '127.0.0.1');
      far.unref();
      far.on('connect', () => {
        near.write('HTTP/1.1 200 Connection established\r\n\r\n');
        near.pipe(far);
        far.pipe(near);
      });
      far.on('error', () => near.destroy());
      near.on('close', () => far.destroy());
    });
  }) };
  proxy.port = await listen(proxy.server);
  return proxy;
}

/* A certificate for NAME that is good from a moment on, in two files. */
function makeCertificate(from, until) {
  const folder = newFolder();
  const file = (name) => join(folder, name);
  writeFileSync(file('index.txt'), '');
  writeFileSync(file('ca.conf'), `[ca]\ndefault_ca = x\n[x]\n` +
    `database = ${file('index.txt')}\nnew_certs_dir = ${folder}\n` +
    'rand_serial = yes\ndefault_md = sha256\npolicy = p\n' +
    'x509_extensions = e\nunique_subject = no\n[p]\ncommonName = supplied\n' +
    `[e]\nsubjectAltName = DNS:${NAME}\nbasicConstraints = CA:TRUE\n`);
  const openssl = (...args) => execFileSync('openssl', args,
                                            { stdio: 'ignore' });
  openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
          '-nodes', '-subj', `/CN=${NAME}`, '-keyout', file('key.pem'),
          '-out', file('request.pem'));
  openssl('ca', '-batch', '-selfsign', '-notext', '-config', file('ca.conf'),
          '-keyfile', file('key.pem'), '-in', file('request.pem'),
          '-startdate', from, '-enddate', until, '-out', file('cert.pem'));
  return { cert: file('cert.pem'), key: file('key.pem') };
}

const startTls = ({ cert, key }) => Relay.start({
  args: ['--tls-cert-file', cert, '--tls-key-file', key],
});

test('a proxy with a password leads to the relay', async () => {
  const relay = await Relay.start();
  const proxy = await openProxy(relay, 'user:p@ss');
  const camera = await cameraTo(relay, `ws://${NAME}:8080/`, {
    env: { http_proxy: `http://user:p%40ss@127.0.0.1:${proxy.port}/`,
           no_proxy: '' },
  });
  camera.allowed.push(/in the clear/);
  await camera.live();
  assert.equal(proxy.asked[0].split(' ').slice(0, 2).join(' '),
               `CONNECT ${NAME}:8080`);
  assert.ok(!camera.child.lines.some((line) => /p@ss|p%40ss/.test(line)));
  await finishAll(camera, relay);
  proxy.server.close();
});

test('TLS through a proxy is with the relay', async () => {
  const certificate = makeCertificate('20200101000000Z', '20991231000000Z');
  const relay = await startTls(certificate);
  const proxy = await openProxy(relay);
  const camera = await cameraTo(relay, `wss://${NAME}/`, {
    args: ['--ca-file', certificate.cert],
    env: { https_proxy: `127.0.0.1:${proxy.port}`, no_proxy: '' },
  });
  await camera.child.line(/connected to relay\.test/,
                          { timeout: 15000 * SLOW });
  assert.match(proxy.asked[0], /^CONNECT relay\.test:443 /);
  await finishAll(camera, relay);
  proxy.server.close();
});

test('a proxy that wants another password is named, without the password',
     async () => {
  const relay = await Relay.start();
  const proxy = await openProxy(relay, 'user:other');
  const camera = await cameraTo(relay, `ws://${NAME}:8080/`, {
    env: { http_proxy: `http://user:secret@127.0.0.1:${proxy.port}`,
           no_proxy: '' },
  });
  await complains(camera, /proxy.*user and password in http_proxy/);
  assert.ok(!camera.child.lines.some((line) => /secret/.test(line)));
  await finishAll(camera, relay);
  proxy.server.close();
});

test('a proxy that is none is refused at once', async () => {
  const relay = await Relay.start();
  const camera = await cameraTo(relay, `ws://${NAME}:8080/`, {
    env: { http_proxy: 'socks5://127.0.0.1:1080', no_proxy: '' },
  });
  await camera.child.line(/http_proxy: only http:\/\/ proxies/);
  assert.notEqual((await camera.child.ended).code, 0);
  await relay.finish();
});

/* --- clocks ----------------------------------------------------------------- */

async function badCertificate(from, until, pattern) {
  const certificate = makeCertificate(from, until);
  const relay = await startTls(certificate);
  const proxy = await openProxy(relay);
  const camera = await cameraTo(relay, `wss://${NAME}/`, {
    args: ['--ca-file', certificate.cert],
    env: { https_proxy: `127.0.0.1:${proxy.port}`, no_proxy: '' },
  });
  await complains(camera, pattern);
  const before = proxy.asked.length;
  await sleep(6000);
  assert.ok(proxy.asked.length > before, 'it does not try again');
  relay.allowed.push(/^warning tls: the certificate in .*(has expired|not valid yet)/);
  await finishAll(camera, relay);
  proxy.server.close();
}

test('a certificate from the future is about the clock', () => badCertificate(
  '20900101000000Z', '20991231000000Z',
  /not yet valid, by the clock of this machine: it says 20\d\d.*timedatectl/));

test('one from the past may be', () => badCertificate(
  '20000101000000Z', '20010101000000Z',
  /has expired, by the clock of this machine.*is the clock .* right/));
