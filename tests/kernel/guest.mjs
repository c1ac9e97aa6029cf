// SPDX-License-Identifier: MIT
/*
 * The virtual machine of the kernel tests: Debian's stock arm64 kernel under
 * qemu, emulated, with what prepare.sh has put into build/kernel. Commands are
 * run in it by name of a shell line; see guest/init.
 */
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { Child, newFolder } from '../e2e/child.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const BUILD = join(ROOT, 'build/kernel');
const BOOT_TIMEOUT = 90000;

export const RELAY_PORT = 8080; // in the guest

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

export class Guest {
  #next = 1;
  #waiting = new Map(); // id -> resolve

  static async boot() {
    const guest = new Guest();
    await guest.#start();
    return guest;
  }

  /* What the guest sees as /host. */
  get share() {
    return join(BUILD, 'share');
  }

  async #start() {
    const folder = newFolder();
    const path = join(folder, 'port');
    const server = net.createServer().listen(path);

    rmSync(join(this.share, 'out'), { recursive: true, force: true });
    mkdirSync(join(this.share, 'out'));
    this.port = await freePort();
    this.qemu = new Child('qemu-system-aarch64', [
      '-M', 'virt,gic-version=3', '-cpu', 'cortex-a72', '-smp', '2',
      '-m', '1536', '-accel', 'tcg,thread=multi,tb-size=512',
      '-nodefaults', '-display', 'none', '-serial', 'stdio', '-no-reboot',
      '-netdev', 'user,id=net,restrict=on,' +
        `hostfwd=tcp:127.0.0.1:${this.port}-10.0.2.15:${RELAY_PORT}`,
      '-device', 'virtio-net-pci,netdev=net,romfile=',
      '-device', 'virtio-serial-pci',
      '-chardev', `socket,id=port,path=${path}`,
      '-device', 'virtserialport,chardev=port,name=commands',
      '-virtfs', `local,path=${this.share},mount_tag=host,` +
        'security_model=none,multidevs=remap',
      '-kernel', join(BUILD, 'vmlinuz'),
      '-initrd', join(BUILD, 'initrd.cpio'),
      '-append', 'console=ttyAMA0 panic=-1 quiet audit=0 apparmor=0 cma=128M',
    ]);
    const ended = this.qemu.ended.then(() => {
      throw new Error(`qemu ended:\n${this.console}`);
    });
    ended.catch(() => {});
    const [socket] = await Promise.race([once(server, 'connection'), ended]);
    server.close();
    this.socket = socket.unref();
    await Promise.race([this.#listen(), ended, this.#late(BOOT_TIMEOUT)]);
  }

  /* What the kernel said on its console. */
  get console() {
    return `${this.qemu.output}${this.qemu.lines.join('\n')}`;
  }

  async #late(ms) {
    await sleep(ms, null, { ref: false });
    throw new Error(`the guest took more than ${ms} ms:\n${this.console}`);
  }

  /* Resolves when the guest is ready for commands. */
  #listen() {
    let rest = '';
    return new Promise((ready) => {
      this.socket.setEncoding('utf8').on('data', (text) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop();
        for (const line of lines) {
          const [id, status] = line.split(' ');
          if (id === 'ready')
            ready();
          else
            this.#waiting.get(id)?.(Number(status));
          this.#waiting.delete(id);
        }
      });
    });
  }

  /* Starts a command: { id, ended }; `ended` is of { code, output }. */
  begin(command) {
    const id = String(this.#next++);
    const path = join(this.share, 'out', id);
    const ended = new Promise((done) => { this.#waiting.set(id, done); })
      .then((code) => ({ code, output: readFileSync(path, 'utf8') }));

    this.socket.write(`${id} ${command}\n`);
    return { id, ended };
  }

  start(command) {
    return this.begin(command).ended;
  }

  /* The output of a command that has to succeed, in time. */
  async run(command, { timeout = 60000 } = {}) {
    const { code, output } = await Promise.race([
      this.start(command), this.#late(timeout).catch((error) => {
        throw new Error(`${command}: ${error.message}`);
      })]);
    if (code !== 0)
      throw new Error(`${command}: status ${code}\n${output}`);
    return output;
  }

  /* From now on systemd goes on when it is told to boot; see rebooted(). */
  async catchReboot() {
    const unit = (name, ...lines) => `printf '%s\\n' ` +
      `${lines.map((line) => `'${line}'`).join(' ')} ` +
      `>/etc/systemd/system/${name}`;

    await this.run([
      unit('reboot.target', '[Unit]', 'DefaultDependencies=no',
           'Wants=caught.service'),
      unit('caught.service', '[Unit]', 'DefaultDependencies=no', '[Service]',
           'Type=oneshot', 'ExecStart=touch /tmp/rebooted'),
      'systemctl daemon-reload',
    ].join(' && '));
  }

  /* Until it was told to. */
  async rebooted() {
    await this.run('until [ -e /tmp/rebooted ]; do sleep 0.1; done');
  }

  async off() {
    this.socket?.write('0 echo o >/proc/sysrq-trigger\n');
    await Promise.race([this.qemu.ended, sleep(5000, null, { ref: false })]);
    await this.qemu.kill();
  }
}
