// SPDX-License-Identifier: MIT
/*
 * The camera's way to the relay, as three network namespaces: the camera's, a
 * bridge between, and the one that we are in, with relay and viewers:
 *
 *   camera 10.77.0.2 --- bridge --- 10.77.0.1, here
 *                          `- what goes up leaves it at so many bits a second
 *
 * Everything happens on the bridge, so that neither end's kernel knows of it.
 * We must be root of our network namespace: in_namespace.sh.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

import { Child } from '../e2e/child.mjs';

export const HERE = '10.77.0.1';

/* A modem's queue: so long may a packet wait in it, else it is dropped. */
const QUEUE_MS = 300;
/*
 * What may leave at once: a packet, as a line with a clock of its own has it.
 * The same at all rates: what waits was cut to fit into it, and must still.
 */
const BURST = 2 * 1024;

function run(command, ...args) {
  const { status, stderr, error } = spawnSync(command, args.map(String));

  assert.equal(status, 0, `${command} ${args.join(' ')}: ${error ?? stderr}`);
}

async function newNamespace() {
  const child = new Child('unshare', ['-n', 'sh', '-c',
    'ip link set lo up && echo ready && exec sleep 100000']);

  await child.line(/^ready$/);
  return child;
}

export class Network {
  static async open(rate = 0) {
    const network = new Network();

    network.camera = await newNamespace();
    network.bridge = await newNamespace();
    network.#connect();
    network.rate = rate;
    network.heal();
    return network;
  }

  /* In front of a command, for the camera's namespace. */
  get prefix() {
    return ['nsenter', '-t', String(this.camera.process.pid), '-n'];
  }

  #in(child, ...command) {
    run('nsenter', '-t', child.process.pid, '-n', ...command);
  }

  #connect() {
    const { camera, bridge } = this;

    this.#in(bridge, 'ip', 'link', 'add', 'bridge', 'type', 'bridge');
    this.#in(bridge, 'ip', 'link', 'set', 'bridge', 'up');
    for (const [name, where] of [
      ['relay', process.pid], ['camera', camera.process.pid]]) {
      this.#in(bridge, 'ip', 'link', 'add', name, 'type', 'veth', 'peer',
               'name', 'line', 'netns', String(where));
      this.#in(bridge, 'ip', 'link', 'set', name, 'master', 'bridge', 'up');
    }
    run('ip', 'addr', 'add', `${HERE}/24`, 'dev', 'line');
    run('ip', 'link', 'set', 'line', 'up');
    this.#in(camera, 'ip', 'addr', 'add', '10.77.0.2/24', 'dev', 'line');
    this.#in(camera, 'ip', 'link', 'set', 'line', 'up');
  }

  #qdisc(port, ...args) {
    this.#in(this.bridge, 'tc', 'qdisc', 'replace', 'dev', port, 'root',
             ...args);
  }

  /* How many bits a second go up; 0: as many as there are. */
  setRate(rate) {
    this.rate = rate;
    this.heal();
  }

  heal() {
    if (this.rate)
      this.#qdisc('relay', 'tbf', 'rate', `${this.rate}bit`, 'burst',
                  String(BURST), 'latency', `${QUEUE_MS}ms`);
    else
      this.#qdisc('relay', 'pfifo', 'limit', '1000');
    this.#qdisc('camera', 'pfifo', 'limit', '1000');
  }

  /* Everything that is sent is lost on the way, and nobody is told. */
  cut() {
    this.#qdisc('relay', 'pfifo', 'limit', '0');
    this.#qdisc('camera', 'pfifo', 'limit', '0');
  }

  /* What the camera sends arrives, and it never hears of that. */
  halfOpen() {
    this.#qdisc('camera', 'pfifo', 'limit', '0');
  }

  /* The camera has another address from now on, as a stick that roams. */
  move() {
    const { camera } = this;

    this.moves = (this.moves ?? 0) + 1;
    this.#in(camera, 'ip', 'addr', 'flush', 'dev', 'line');
    this.#in(camera, 'ip', 'addr', 'add', `10.77.0.${2 + this.moves}/24`,
             'dev', 'line');
  }

  /*
   * What has passed it, { up, down }, each { bytes, packets }, heads of
   * Ethernet included.
   */
  passed() {
    const { stdout } = spawnSync('nsenter', ['-t',
      String(this.bridge.process.pid), '-n', 'ip', '-s', '-j', 'link', 'show',
      'relay']);
    const { tx, rx } = JSON.parse(stdout)[0].stats64;

    return { up: tx, down: rx };
  }

  /* Bytes that have left it upwards. */
  carried() {
    return this.passed().up.bytes;
  }

  async close() {
    await this.camera.kill();
    await this.bridge.kill();
  }
}
