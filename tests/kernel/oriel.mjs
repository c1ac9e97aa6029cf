// SPDX-License-Identifier: MIT
/* The two programs, running in the guest. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { Client } from '../e2e/http.mjs';
import { RELAY_PORT } from './guest.mjs';

const SECRET = 'kernel-test-secret-kernel-test-secret';
const RELAY = `ws://127.0.0.1:${RELAY_PORT}/`;

/* As a shell expands it. */
const key = (name) => `$(ORIEL_SECRET=${SECRET} oriel-relay key ${name})`;

export async function until(condition, { timeout = 30000, tell }) {
  const end = performance.now() + timeout;
  for (;;) {
    const result = await condition();
    if (result)
      return result;
    assert.ok(performance.now() < end, tell());
    await sleep(100);
  }
}

/* Segments: whoever looks may not be let run for as long. */
const WINDOW = 60;

/* What has a log that the host can read while it grows: `log`. */
class Logged {
  says(pattern, options) {
    return until(() => {
      const match = pattern.exec(this.log);
      assert.ok(match || !this.how, `it ended:\n${this.log}`);
      return match;
    }, { tell: () => `it did not say ${pattern}:\n${this.log}`, ...options });
  }
}

const fileText = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

/* A program that goes on until it is told to stop. */
class Program extends Logged {
  constructor(guest, name, command) {
    super();
    this.guest = guest;
    this.pidFile = `/tmp/${name}.pid`;
    const { id, ended } = guest.begin(
      `echo $$ >${this.pidFile}; exec ${command}`);
    this.path = join(guest.share, 'out', id);
    this.ended = ended.then((how) => {
      this.how = how;
      return how;
    });
  }

  get log() {
    return fileText(this.path);
  }

  /* SIGTERM; resolves to { code, output, ms }. */
  async stop() {
    const start = performance.now();
    if (!this.how)
      await this.guest.run(`kill -TERM $(cat ${this.pidFile}) || true`);
    return { ...await this.ended, ms: performance.now() - start };
  }
}

export class Relay extends Program {
  constructor(guest) {
    super(guest, 'relay', `env ORIEL_SECRET=${SECRET} ` +
      `oriel-relay --open --listen 0.0.0.0:${RELAY_PORT}`);
  }

  static async start(guest) {
    const relay = new Relay(guest);
    await relay.says(/listening/);
    return relay;
  }
}

/* What the relay says of a camera: { state, ... }. */
export async function stateOf(guest, name) {
  const client = new Client(`http://127.0.0.1:${guest.port}/${name}/`);
  try {
    return JSON.parse((await client.get('state.json')).body);
  } finally {
    client.close();
  }
}

/* Until viewers can play it. */
export function live(camera) {
  return until(async () => {
    assert.ok(!camera.how, `it ended:\n${camera.log}`);
    return (await stateOf(camera.guest, camera.name)).state === 'live';
  }, { tell: () => `${camera.name} is not live:\n${camera.log}` });
}

export class Camera extends Program {
  /* `prefix`: a command that runs it, and writes its pidFile anew. */
  constructor(guest, name, args, prefix = '') {
    super(guest, name, `env ORIEL_KEY="${key(name)}" ${prefix} oriel-cam ` +
      `--camera ${name} --relay ${RELAY} --spool /dev/shm/${name} ` +
      `--upload always --window ${WINDOW} ${args}`);
    this.name = name;
  }
}

/*
 * oriel-cam as systemd runs it on a Pi: with the unit that is installed, in
 * its sandbox. `settings` are those of its environment file.
 */
export class Service extends Logged {
  constructor(guest, name) {
    super();
    this.guest = guest;
    this.name = name;
  }

  static async start(guest, name, settings) {
    const service = new Service(guest, name);
    const lines = Object.entries({ CAMERA: name, RELAY, UPLOAD: 'always',
                                    ...settings })
      .map(([option, value]) => `ORIEL_${option}=${value}`);
    const drop = '/run/systemd/system/oriel-cam.service.d';

    await guest.run([
      // Renamed in its folder: a program that is still being written can not
      // be started, and another may be started at this moment.
      'cp /host/oriel-cam /usr/bin/.oriel-cam',
      'mv /usr/bin/.oriel-cam /usr/bin/oriel-cam',
      'cp /host/oriel-cam.service /etc/systemd/system/',
      `mkdir -p ${drop} /etc/oriel`,
      // The whole log, seen from outside; there is no journal.
      `printf '[Service]\\nStandardError=append:/host/out/service.log\\n' ` +
        `>${drop}/log.conf`,
      `printf '%s\\n' ${lines.map((line) => `'${line}'`).join(' ')} ` +
        `"ORIEL_KEY=${key(name)}" >/etc/oriel/cam.env`,
      // What udev does where it runs.
      'chgrp video /dev/video*', 'chmod 660 /dev/video*',
      'until [ -S /run/systemd/private ]; do sleep 0.1; done',
      'systemctl daemon-reload', 'systemctl start oriel-cam',
    ].join(' && '));
    return service;
  }

  get log() {
    return fileText(join(this.guest.share, 'out/service.log'));
  }

  /* Properties of the unit, NAME,NAME,..., as systemctl shows them. */
  async show(names) {
    const output = await this.guest.run(
      `systemctl show -p ${names} oriel-cam`);
    return Object.fromEntries(
      output.trim().split('\n').map((line) => line.split('=')));
  }
}
