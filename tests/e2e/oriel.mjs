// SPDX-License-Identifier: MIT
/*
 * The two programs under test, from $BUILD, on loopback and a port that the
 * kernel chooses, with everything they leave in a folder of the test.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Child, newFolder } from './child.mjs';
import { Client } from './http.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const BUILD = resolve(ROOT, process.env.BUILD ?? 'build/release');

/* Sanitized programs are several times slower, and so are we patient. */
export const SANITIZED = /address|thread|undefined/.test(BUILD);
export const SLOW = SANITIZED ? 4 : 1;

/*
 * Seconds that a long run takes: what the test asks for; a quarter when
 * sanitized; scaled by $E2E_SCALE for who works on the tests.
 */
export function runSeconds(full) {
  return Math.max(8, (full / (SANITIZED ? 4 : 1)) *
                     Number(process.env.E2E_SCALE ?? 1));
}

export function program(name) {
  const path = join(BUILD, name);
  assert.ok(existsSync(path), `${path} is not built: run make`);
  return path;
}

/*
 * Elsewhere camera, relay and viewers have machines of their own. Here a dozen
 * players must not keep a camera from its frames.
 */
const NICE = -10;

/* Nothing of the caller's own configuration reaches the programs. */
function cleanEnvironment(more) {
  const env = { ...process.env };
  for (const name of Object.keys(env))
    if (/^(ORIEL_|RUNTIME_DIRECTORY|XDG_RUNTIME_DIR|NOTIFY_SOCKET)/.test(name))
      delete env[name];
  return {
    ASAN_OPTIONS: 'detect_leaks=1:abort_on_error=0',
    UBSAN_OPTIONS: 'print_stacktrace=1',
    ...env, ...more,
  };
}

/* Runs a program to its end: { code, output, lines }. */
export async function runOnce(name, args, env = {}, options = {}) {
  const child = new Child(program(name), args, {
    env: cleanEnvironment(env), ...options,
  });
  const { code, signal } = await child.ended;
  return { code, signal, output: child.output, lines: child.lines, child };
}

export class Relay {
  /* `tls`: { cert, key } files of its own (certificate.mjs). */
  constructor({ args = [], tls = null, secret = randomBytes(24).toString('base64url'),
                open = true, host = '127.0.0.1', env = {}, under = [] } = {}) {
    this.host = host;
    this.under = under; // a command that runs it, as valgrind does
    this.scheme = tls ? 'https' : 'http';
    this.args = [...(open ? ['--open'] : []), ...args, ...(tls ? [
      '--tls-cert-file', tls.cert, '--tls-key-file', tls.key] : [])];
    this.secret = secret;
    this.env = cleanEnvironment({ ORIEL_SECRET: secret, ...env });
    this.port = 0;
    this.children = [];
    this.allowed = [];
  }

  static async start(options) {
    const relay = new Relay(options);
    await relay.begin();
    return relay;
  }

  /* Also to start it again after its end, at the same port. */
  async begin() {
    const [command, ...before] = [...this.under, program('oriel-relay')];
    this.child = new Child(command, [
      ...before, '--listen', `${this.host}:${this.port}`, '--drain-s', '0', ...this.args], {
      env: this.env, nice: NICE,
    });
    this.children.push(this.child);
    const [, port] = await this.child.line(/listening on \S*:(\d+)/,
                                           { timeout: 10000 * SLOW });
    this.port = Number(port);
  }

  get url() {
    return `${this.scheme}://127.0.0.1:${this.port}/`;
  }

  client(camera) {
    return new Client(`${this.url}${camera}/`);
  }

  async key(camera) {
    const { code, output, lines } = await runOnce(
      'oriel-relay', ['key', ...(camera ? [camera] : [])], { ORIEL_SECRET: this.secret });
    assert.equal(code, 0, lines.join('\n'));
    return output.trim();
  }

  /* The token of a viewing link, with its '~'. */
  async link(camera, ...args) {
    const { code, output, lines } = await runOnce(
      'oriel-relay', ['link', camera, ...args], { ORIEL_SECRET: this.secret });
    assert.equal(code, 0, lines.join('\n'));
    return /~[A-Za-z0-9_-]+/.exec(output)[0];
  }

  async state(camera) {
    const client = this.client(camera);
    try {
      const { body } = await client.get('state.json');
      return JSON.parse(body);
    } finally {
      client.close();
    }
  }

  kill() {
    return this.child.kill();
  }

  /* Ends it, and judges how it left and all it complained of. */
  async finish() {
    const { code, signal, ms } = await this.child.stop();
    assert.equal(code, 0, `relay left with ${code ?? signal}:\n` +
                          this.child.lines.slice(-10).join('\n'));
    checkComplaints('relay', this.children, this.allowed);
    return ms;
  }
}

export class Camera {
  constructor(relay, { name = 'cam', args = [], input = 'ignore',
                       env = {}, scheme = 'ws', prefix = [],
                       host = '127.0.0.1' } = {}) {
    this.relay = relay;
    this.prefix = prefix; // a command that runs it, elsewhere
    this.host = host; // of the relay, as seen from there
    this.name = name;
    this.args = args.includes('--source')
      ? args : ['--source', 'testcard', ...args];
    // Most tests look when they like; sending is not what they are about.
    if (!args.includes('--upload'))
      this.args = ['--upload', 'always', ...this.args];
    this.input = input;
    this.scheme = scheme; // http: by requests, not over a WebSocket
    this.moreEnv = env;
    this.folder = newFolder();
    this.children = [];
    this.allowed = [];
  }

  static async start(relay, options) {
    const camera = new Camera(relay, options);
    await camera.begin();
    return camera;
  }

  async begin() {
    this.env ??= cleanEnvironment({
      ORIEL_KEY: await this.relay.key(this.name), ...this.moreEnv,
    });
    const [command, ...before] = [...this.prefix, program('oriel-cam')];
    this.child = new Child(command, [
      ...before,
      '--relay', `${this.scheme}://${this.host}:${this.relay.port}/`,
      '--camera', this.name,
      '--spool', this.spool, ...this.args,
    ], { env: this.env, input: this.input, nice: NICE });
    this.children.push(this.child);
  }

  get spool() {
    return join(this.folder, 'spool');
  }

  /* Names and sizes of all it has in its spool. */
  files() {
    return readdirSync(this.spool).map((name) => ({
      name, size: statSync(join(this.spool, name),
                           { throwIfNoEntry: false })?.size ?? 0,
    }));
  }

  /* Until viewers can play it. */
  async live(timeout = 10000 * SLOW) {
    const end = performance.now() + timeout;
    while ((await this.relay.state(this.name)).state !== 'live') {
      assert.equal(this.child.how, undefined,
                   `camera ended:\n${this.child.lines.join('\n')}`);
      assert.ok(performance.now() < end,
                `${this.name} is not live after ${timeout} ms:\n` +
                `${this.child.lines.join('\n')}`);
      await new Promise((wake) => { setTimeout(wake, 50); });
    }
  }

  kill() {
    return this.child.kill();
  }

  async finish() {
    const { code, signal, ms } = await this.child.stop();
    assert.equal(code, 0, `camera left with ${code ?? signal}:\n` +
                          this.child.lines.slice(-10).join('\n'));
    checkComplaints('camera', this.children, this.allowed);
    return ms;
  }
}

function checkComplaints(who, children, allowed) {
  const all = children.flatMap((child) => child.complaints(allowed));
  assert.deepEqual(all, [], `the ${who} complained`);
}

/* Ends all of them, whatever one of them says, and then says it. */
export async function finishAll(...programs) {
  const results = await programs.reduce(async (before, program) => [
    ...await before,
    await program?.finish().then(() => null, (error) => error),
  ], Promise.resolve([]));
  const error = results.find((result) => result);
  if (error)
    throw error;
}
