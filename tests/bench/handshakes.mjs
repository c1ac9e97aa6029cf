// SPDX-License-Identifier: MIT
/*
 * What a TLS handshake costs the relay, in processor time of its own, by the
 * kind of certificate: what docs/deploy.md says about certificates.
 *
 *   HANDSHAKES  of each kind (300)
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { newFolder } from '../e2e/child.mjs';
import { run } from '../e2e/fixtures.mjs';
import { Relay } from '../e2e/oriel.mjs';
import { open } from '../e2e/tls_wire.mjs';
import { round, table } from './figures.mjs';

const COUNT = Number(process.env.HANDSHAKES ?? 300);
const KINDS = {
  'ECDSA P-256': ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  'RSA 2048': ['rsa:2048'],
  'RSA 4096': ['rsa:4096'],
};

function issue(kind) {
  const folder = newFolder();
  const cert = join(folder, 'cert.pem');
  const key = join(folder, 'key.pem');

  run('openssl', ['req', '-x509', '-nodes', '-days', '2', '-subj',
                  '/CN=localhost', '-newkey', ...KINDS[kind], '-keyout', key,
                  '-out', cert]);
  return ['--tls-cert-file', cert, '--tls-key-file', key];
}

/* User and system time, in ms; proc(5) counts hundredths of a second. */
function spent(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]
    .split(' ');

  return 10 * (Number(fields[11]) + Number(fields[12]));
}

/* ms of the relay's for each of COUNT connections. */
async function cost(relay, options) {
  const before = spent(relay.child.pid);

  for (let i = 0; i < COUNT; i++) {
    const { socket, error } = await open(relay.port, options);

    if (error)
      throw error;
    socket.destroy();
  }
  return (spent(relay.child.pid) - before) / COUNT;
}

const rows = [];

for (const kind of Object.keys(KINDS)) {
  const relay = await Relay.start({ args: issue(kind) });
  const { socket } = await open(relay.port, { maxVersion: 'TLSv1.2' });
  const session = socket.getSession();

  socket.destroy();
  const full = await cost(relay, {});
  const resumed = await cost(relay, { maxVersion: 'TLSv1.2', session });

  rows.push([kind, full, resumed, 1000 / full].map((value) =>
    (typeof value === 'number' ? round(value) : value)));
  await relay.finish();
}
process.stdout.write(`${table([['certificate', 'ms', 'ms, resumed',
                                'a second on a core'], ...rows])}\n`);
