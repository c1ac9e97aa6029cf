// SPDX-License-Identifier: MIT
/*
 * Does what docs/deploy.md says, as somebody who is new to it: types its
 * commands, below a folder instead of / and without sudo, and puts its
 * configuration into a real nginx, and a real Caddy where there is one.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { block, ROOT } from '../docs/deploy_page.mjs';
import { metricsOf } from './attacker.mjs';
import { openBrowser, Viewer } from './browser.mjs';
import { Authority } from './certificate.mjs';
import { Child, newFolder } from './child.mjs';
import { Camera, finishAll, Relay, SLOW } from './oriel.mjs';

const PATIENCE = 20000 * SLOW;

let browser;

before(async () => {
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
});

/* --- the commands ------------------------------------------------------------ */

/* Those lines of a block that need no root and no network. */
function commands(text, folder) {
  return text.split('\n')
    .filter((line) => line && !/apt-get|systemctl/.test(line))
    .map((line) => line.replaceAll('sudo ', '')
      .replaceAll('/etc/oriel', `${folder}/etc/oriel`)
      .replaceAll(/(^|[ ;] *)oriel-relay /g, `$1${folder}/usr/bin/oriel-relay `)
      .replace('make install',
               `make -s install BUILD=${process.env.BUILD ?? 'build/release'} ` +
               `DESTDIR=${folder}`));
}

function type(line, env = {}) {
  const { status, stdout, stderr } = spawnSync('bash', ['-c', line], {
    cwd: ROOT, encoding: 'utf8', env: { PATH: process.env.PATH, ...env },
  });

  assert.equal(status, 0, `${line}: ${stdout}${stderr}`);
  return stdout.trim();
}

test('the commands for a machine with systemd', async () => {
  const folder = newFolder();
  const lines = commands(block('make install PREFIX=/usr'), folder);

  assert.equal(lines.length, 4);
  lines.slice(0, 3).forEach((line) => type(line));
  const file = join(folder, 'etc/oriel/relay.env');
  assert.match(readFileSync(file, 'utf8'), /^ORIEL_SECRET=[0-9a-f]{64}\n$/);
  assert.equal(statSync(file).mode & 0o777, 0o600);

  // What systemd does with it, at a port that is free.
  const [, secret] = /=(.*)/.exec(readFileSync(file, 'utf8'));
  const relay = await Relay.start({ open: false, secret });
  type(lines[3], { ORIEL_LISTEN: `127.0.0.1:${relay.port}` });
  const [key, link] = commands(
    block('--config /etc/oriel/relay.env'), folder)
    .map((line) => type(line));
  assert.equal(key, await relay.key('porch'));
  assert.match(link, /^http:\/\/ADDRESS:8080\/porch\/~/);
  const token = /~[A-Za-z0-9_-]+/.exec(link)[0];
  const { status } = await fetch(`${relay.url}porch/${token}/state.json`);
  assert.equal(status, 200);
  await finishAll(relay);
});

test('the hook that gives a new certificate to the relay', () => {
  const folder = newFolder();
  const { cert, key } = new Authority().issue('fullchain');
  const group = type('id -gn');

  type(`cp ${cert} ${folder}/fullchain.pem; cp ${key} ${folder}/privkey.pem`);
  const hook = block('RENEWED_LINEAGE').replaceAll('/etc/oriel',
                                                   `${folder}/etc/oriel`)
    .replaceAll('oriel-tls', group);
  for (let i = 0; i < 2; i++)
    type(hook, { RENEWED_LINEAGE: folder });
  const made = join(folder, 'etc/oriel/tls/privkey.pem');
  assert.equal(readFileSync(made, 'utf8'), readFileSync(key, 'utf8'));
  assert.equal(statSync(made).mode & 0o777, 0o640);
});

/* --- fronts ------------------------------------------------------------------- */

const find = (...paths) => paths.find((path) => existsSync(path));

const FRONTS = {
  nginx: {
    command: find('/usr/sbin/nginx', '/usr/local/sbin/nginx') ?? 'nginx',
    args: (folder) => ['-p', folder, '-c', `${folder}/conf`, '-e', 'stderr'],
    /* Both halves of what the page shows, where it says they go. */
    config(folder, relay, { cert, key }) {
      const [http, location] = block('proxy_pass')
        .replace('127.0.0.1:8080', `127.0.0.1:${relay.port}`).split('\n\n');

      return `daemon off; master_process off; pid ${folder}/pid;
        error_log stderr error; events {}
        http {
          access_log off;
          client_body_temp_path ${folder}/a; proxy_temp_path ${folder}/b;
          fastcgi_temp_path ${folder}/c; uwsgi_temp_path ${folder}/d;
          scgi_temp_path ${folder}/e;
          ${http}
          server {
            listen unix:${folder}/socket ssl http2;
            ssl_certificate ${cert}; ssl_certificate_key ${key};
            ${location}
          }
        }`;
    },
  },
  haproxy: {
    command: process.env.HAPROXY ?? find('/usr/sbin/haproxy'),
    args: (folder) => ['-db', '-f', `${folder}/conf`],
    config(folder, relay, { cert, key }) {
      writeFileSync(join(folder, 'both.pem'),
                    readFileSync(cert, 'utf8') + readFileSync(key, 'utf8'));
      return `defaults
        mode http
        timeout connect 5s
        timeout client 50s
        timeout server 50s
        ${block('option forwardfor')
          .replace('bind :443', `bind unix@${folder}/socket`)
          .replace('/etc/haproxy/relay.pem', `${folder}/both.pem`)
          .replace('127.0.0.1:8080', `127.0.0.1:${relay.port}`)}`;
    },
  },
  caddy: {
    command: process.env.CADDY ?? find('/usr/bin/caddy', '/usr/local/bin/caddy'),
    args: (folder) => ['run', '--adapter', 'caddyfile', '--config',
                       `${folder}/conf`],
    config: (folder, relay, { cert, key }) => `{
        admin off
        auto_https off
      }
      ${block('reverse_proxy 127.0.0.1')
        .replace('relay.example.org {', `https://localhost {
          bind unix/${folder}/socket
          tls ${cert} ${key}`)
        .replace('127.0.0.1:8080', `127.0.0.1:${relay.port}`)}`,
  },
};

/* It listens on a socket in a folder, we at a port that is free. */
class Front {
  static async start(name, relay, authority) {
    const front = new Front();
    const { command, args, config } = FRONTS[name];

    front.folder = newFolder();
    writeFileSync(join(front.folder, 'conf'),
                  config(front.folder, relay, authority.issue('front')));
    front.child = new Child(command, args(front.folder), {
      env: { PATH: process.env.PATH, HOME: front.folder,
             XDG_DATA_HOME: front.folder, XDG_CONFIG_HOME: front.folder },
    });
    const end = performance.now() + PATIENCE;
    while (!existsSync(join(front.folder, 'socket'))) {
      assert.ok(!front.child.how && performance.now() < end,
                front.child.lines.join('\n'));
      await sleep(50);
    }
    front.server = createServer((near) => {
      const far = connect(join(front.folder, 'socket'));

      for (const [a, b] of [[near, far], [far, near]]) {
        a.pipe(b);
        a.on('error', () => {});
        a.on('close', () => b.destroy());
      }
    });
    await new Promise((done) => { front.server.listen(0, '127.0.0.1', done); });
    front.port = front.server.address().port;
    return front;
  }

  async finish() {
    this.server.close();
    await this.child.stop();
  }
}

for (const name of Object.keys(FRONTS))
  test(`behind ${name}: the camera by wss://, the page by HTTP/2`,
       async (t) => {
    if (!FRONTS[name].command) {
      t.diagnostic(`left out: there is no ${name} here`);
      return;
    }
    const relay = await Relay.start({ args: ['--proxy-hops', '1'] });
    const authority = new Authority();
    const front = await Front.start(name, relay, authority);
    const camera = await Camera.start(
      { port: front.port, key: (of) => relay.key(of),
        state: (of) => relay.state(of) },
      { name: 'front', scheme: 'wss', host: 'localhost',
        args: ['--ca-file', authority.file] });
    await camera.live();
    const viewer = await Viewer.open(browser,
      `https://localhost:${front.port}/front/`, { ignoreHTTPSErrors: true });
    await viewer.waitForState('live', PATIENCE);
    await sleep(2000);
    assert.equal((await viewer.oriel()).state, 'live');
    assert.equal(await viewer.page.evaluate(() => performance
      .getEntriesByType('resource').at(-1).nextHopProtocol), 'h2');
    const metrics = await metricsOf(relay);
    for (const [what, count] of metrics)
      if (what.startsWith('oriel_refused_total'))
        assert.equal(count, 0, what);
    await viewer.close();
    await finishAll(camera, relay, front);
  });
