// SPDX-License-Identifier: MIT
/* A certificate authority of the test's own, and what it certifies. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { newFolder } from './child.mjs';
import { run } from './fixtures.mjs';

const NEW = ['req', '-x509', '-newkey', 'ec', '-pkeyopt',
             'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];

export class Authority {
  constructor() {
    this.folder = newFolder();
    this.file = join(this.folder, 'authority.pem');
    this.key = join(this.folder, 'authority.key');
    run('openssl', [...NEW, '-subj', '/CN=Authority', '-addext',
                    'keyUsage=critical,keyCertSign', '-keyout', this.key,
                    '-out', this.file]);
  }

  /* For this machine; `name` tells one from another: { cert, key } files. */
  issue(name) {
    const cert = join(this.folder, `${name}.pem`);
    const key = join(this.folder, `${name}.key`);

    run('openssl', [...NEW, '-CA', this.file, '-CAkey', this.key, '-subj',
                    `/CN=${name}`, '-addext',
                    'basicConstraints=critical,CA:FALSE', '-addext',
                    'subjectAltName=DNS:localhost,IP:127.0.0.1',
                    '-keyout', key, '-out', cert]);
    return { cert, key };
  }

  /* The same as node takes it. */
  read(name) {
    const { cert, key } = this.issue(name);

    return { cert: readFileSync(cert), key: readFileSync(key) };
  }
}
