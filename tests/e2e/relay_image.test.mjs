// SPDX-License-Identifier: MIT
/*
 * The root file system that goes into the relay's image: run as a container
 * engine would, read-only, as nobody, without a capability. In `make
 * test-image` it is that of an image which the Dockerfile has made.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { Child, newFolder } from './child.mjs';
import { Camera, finishAll, program, Relay } from './oriel.mjs';

const MIB = 1 << 20;
const { IMAGE } = process.env; // of tests/image/build.sh

/* A line of shell: $1 is the root, then come the relay's arguments. */
const CONTAINED = [
  'mount --bind "$1" "$1"', 'mount -o remount,bind,ro "$1"',
  'mount --rbind /dev "$1/dev"', 'root=$1',
  'shift', 'exec setpriv --no-new-privs --inh-caps=-all ' +
    '--bounding-set=-all,+sys_chroot,+setuid,+setgid ' +
    'chroot --userspec=65534:65534 "$root" /usr/bin/oriel-relay "$@"',
].join(' && ');

const contained = (root, args) => [
  ...(process.getuid() === 0 ? ['--mount'] : ['--mount', '--map-auto',
                                              '--map-root-user']),
  '--', 'sh', '-c', CONTAINED, 'sh', root, ...args];

class Container extends Relay {
  constructor(root) {
    super();
    this.root = root;
  }

  async begin() {
    this.child = new Child('unshare', contained(this.root, [
      '--listen', '127.0.0.1:0', '--drain-s', '0', ...this.args,
    ]), { env: { PATH: process.env.PATH, ORIEL_SECRET: this.secret } });
    this.children.push(this.child);
    this.port = Number((await this.child.line(/listening on \S*:(\d+)/))[1]);
  }

  /* A line of /proc/PID/status. */
  status(name) {
    const text = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
    return text.match(new RegExp(`^${name}:\\s*(.*)$`, 'm'))[1];
  }
}

function makeRoot() {
  const root = join(newFolder(), 'root');

  execFileSync('cloud/image/rootfs.sh', [program('oriel-relay'), root]);
  return root;
}

test('the image is small, and the relay needs no more than it', async (t) => {
  const root = IMAGE ? join(IMAGE, 'root') : makeRoot();
  const bytes = Number(execFileSync('du', ['-sb', root])
    .toString().split('\t')[0]);
  t.diagnostic(`${(bytes / MIB).toFixed(1)} MiB, libc and all`);
  assert.ok(bytes < 15 * MIB);

  const relay = new Container(root);
  await relay.begin();
  const camera = await Camera.start(relay);
  await camera.live();
  t.diagnostic(`${relay.status('VmRSS')} resident with a camera`);
  assert.ok(parseInt(relay.status('VmRSS'), 10) < 12 << 10);
  assert.equal(relay.status('CapEff'), '0000000000000000');
  assert.equal(relay.status('CapPrm'), '0000000000000000');
  assert.equal(relay.status('NoNewPrivs'), '1');
  assert.equal(relay.status('Uid').split('\t')[0], '65534');
  assert.ok(execFileSync('unshare', contained(root, [
    'health', '--listen', `127.0.0.1:${relay.port}`])));
  await finishAll(camera, relay);
});

test('an engine runs it as nobody, and asks it how it is', (t) => {
  if (!IMAGE) {
    t.diagnostic('left out: no image was built; see make test-image');
    return;
  }
  const { Docker: { config } } = JSON.parse(
    readFileSync(join(IMAGE, 'config.json'), 'utf8'));

  assert.equal(config.User, '65534:65534');
  assert.deepEqual(config.Entrypoint, ['/usr/bin/oriel-relay']);
  assert.deepEqual(config.Healthcheck.Test,
                   ['CMD', '/usr/bin/oriel-relay', 'health']);
  assert.deepEqual(Object.keys(config.ExposedPorts), ['8080/tcp']);
});
