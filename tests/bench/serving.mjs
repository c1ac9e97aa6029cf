// SPDX-License-Identifier: MIT
/*
 * What serving costs the relay in instructions, as callgrind counts them, by
 * the library that they are spent in. System calls are counted, not what the
 * kernel does in them.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

import { newFolder } from '../e2e/child.mjs';
import { Relay } from '../e2e/oriel.mjs';
import { Publisher } from '../e2e/publisher.mjs';
import { table } from './figures.mjs';
import { byObject } from './hardware.mjs';

const NAME = 'bench';
const PART = 11600; // bytes: 93 ms at 1 Mbit/s
const REQUESTS = 500;
const CROWD = [1, 100, 1000];
const LIBRARIES = { relay: /^oriel-relay/, lws: /^libwebsockets/,
                    crypto: /^libcrypto/, libc: /^(libc|ld-linux)/,
                    libev: /^libev/ };

/* What a browser sends with each of them. */
const HEADERS = [
  'Host: relay.example.org', 'Connection: keep-alive',
  'sec-ch-ua: "Chromium";v="156", "Not A(Brand";v="24"',
  'sec-ch-ua-mobile: ?0',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, ' +
  'like Gecko) Chrome/156.0.0.0 Safari/537.36',
  'sec-ch-ua-platform: "Linux"', 'Accept: */*',
  'Sec-Fetch-Site: same-origin', 'Sec-Fetch-Mode: cors',
  'Sec-Fetch-Dest: empty', 'Accept-Encoding: gzip, deflate, br, zstd',
  'Accept-Language: en-US,en;q=0.9', 'X-Forwarded-For: 203.0.113.7',
].join('\r\n');

const sleep = (ms) => new Promise((wake) => { setTimeout(wake, ms); });

/* A connection that waits for whole answers. */
class Line {
  constructor(port) {
    this.got = Buffer.alloc(0);
    this.socket = connect(port, '127.0.0.1');
    this.socket.setNoDelay(true);
    this.socket.on('error', () => {});
    this.socket.on('data', (bytes) => {
      this.got = this.got.length ? Buffer.concat([this.got, bytes]) : bytes;
      this.#look();
    });
  }

  opened() {
    return new Promise((done) => { this.socket.once('connect', done); });
  }

  #look() {
    const end = this.got.indexOf('\r\n\r\n');
    const [, status] = /^HTTP\/1.1 (\d+)/.exec(
      this.got.toString('latin1', 0, 20)) ?? [];
    const [, length] = /content-length: (\d+)/i.exec(
      this.got.toString('latin1', 0, Math.max(0, end) + 2)) ?? [];

    if (end < 0 || this.got.length < end + 4 + Number(length))
      return;
    this.got = Buffer.alloc(0);
    this.done?.(Number(status));
  }

  /* Resolves to the status. */
  ask(path) {
    const answer = new Promise((done) => { this.done = done; });

    this.socket.write(`GET ${path} HTTP/1.1\r\n${HEADERS}\r\n\r\n`);
    return answer;
  }

  close() {
    this.socket.destroy();
  }
}

class Counter {
  constructor(relay, folder) {
    this.relay = relay;
    this.folder = folder;
  }

  #control(what) {
    const { status, stdout, stderr } = spawnSync(
      'callgrind_control', [what, String(this.relay.child.pid)],
      { encoding: 'utf8' });

    if (status !== 0 || !/OK/.test(stdout))
      throw new Error(`callgrind_control: ${stdout}${stderr}`);
  }

  #dumps() {
    return readdirSync(this.folder).filter((name) => /^out\.\d+$/.test(name));
  }

  /* Instructions by library, of all that is done within. */
  async during(what) {
    this.#control('-z');
    await what();
    await sleep(50);
    this.#control('-d');
    for (let i = 0; i < 100 && !this.#dumps().length; i++)
      await sleep(50);
    await sleep(200);
    const names = this.#dumps();
    const sums = byObject(readFileSync(join(this.folder, names[0]), 'utf8'));
    for (const name of names)
      rmSync(join(this.folder, name));
    return sums;
  }
}

function share(sums, count, what = 'instructions') {
  const of = (pattern) => [...sums].filter(
    ([name]) => name.endsWith(` ${what}`) && pattern.test(name))
    .reduce((sum, [, n]) => sum + n, 0);
  const row = { all: of(/./) / count };

  for (const [name, pattern] of Object.entries(LIBRARIES))
    row[name] = of(pattern) / count;
  return row;
}

export async function benchServing() {
  const folder = newFolder();
  const relay = await Relay.start({
    open: false,
    under: ['valgrind', '--tool=callgrind',
            `--callgrind-out-file=${join(folder, 'out')}`],
    args: ['--limit-local', '--max-rate', '1000000', '--max-token-rate',
           '1000000', '--max-per-address', '0', '--max-connections', '4000',
           '--proxy-hops', '0'],
  });
  const counter = new Counter(relay, folder);
  const token = await relay.link(NAME);
  const publisher = await new Publisher(relay, NAME).open();
  const base = `/${NAME}/${token}`;
  const rows = {};
  const body = randomBytes(PART);
  const hex = (n) => n.toString(16).padStart(8, '0');
  const name = (part = publisher.part) =>
    `${base}/${hex(publisher.epoch)}-${publisher.msn}.${part}.m4s`;
  const text = '#EXTM3U\n'.padEnd(2000, '#EXT-X-PART:DURATION=0.2,URI=\n');
  const keep = async () => { // what was there is gone for good
    publisher.part++;
    await publisher.ws.send(publisher.partMessage({}, body));
    await publisher.ws.send(publisher.playlistMessage({ target_ms: 20000,
                                                        part_target_ms: 2000 },
                                                      text));
  };
  const add = (what, sums, count) => {
    rows[what] = { ...share(sums, count),
                   allocations: share(sums, count, 'allocations') };
  };

  await publisher.publish(1);
  await keep();
  await sleep(500);
  const line = new Line(relay.port);
  await line.opened();
  for (const [what, path] of [
    ['a part', name(0)], ['a playlist', `${base}/index.m3u8`],
    ['the state', `${base}/state.json`]]) {
    await line.ask(path);
    const sums = await counter.during(async () => {
      for (let i = 0; i < REQUESTS; i++)
        if (await line.ask(path) !== 200)
          throw new Error(`${what}: not 200`);
    });
    add(what, sums, REQUESTS);
  }
  line.close();
  const alone = await counter.during(async () => {
    for (let i = 0; i < REQUESTS; i++) {
      const once = new Line(relay.port);
      await once.opened();
      await once.ask(name(0));
      once.close();
    }
    await sleep(500);
  });
  add('a part, on a connection of its own', alone, REQUESTS);

  const nobody = await counter.during(async () => {
    for (let i = 0; i < 50; i++)
      await keep();
    await sleep(300);
  });
  add('a part and its playlist pushed, nobody there', nobody, 50);

  for (const count of CROWD) {
    const crowd = Array.from({ length: count }, () => new Line(relay.port));
    await Promise.all(crowd.map((one) => one.opened()));
    for (const [what, path] of [
      ['a part', () => name(publisher.part + 1)],
      ['a playlist', () => `${base}/index.m3u8?_HLS_msn=${publisher.msn}` +
                           `&_HLS_part=${publisher.part + 1}`]]) {
      const answers = crowd.map((one) => one.ask(path()));

      await sleep(1000 + 15 * count); // valgrind is slow
      const given = await counter.during(async () => {
        await keep();
        for (const status of await Promise.all(answers))
          if (status !== 200)
            throw new Error(`waiting: ${status}`);
      });
      add(`${count} get ${what} that they wait for, each`, given, count);
    }
    if (count === CROWD.at(-1)) {
      const idle = await counter.during(() => sleep(5000));
      add('an idle connection, a second', idle, 5 * count);
      const answers = crowd.map((one) => one.ask(name(publisher.part + 1)));
      await sleep(4000);
      const waiting = await counter.during(() => sleep(5000));
      add('a waiting request, a second', waiting, 5 * count);
      await keep();
      await Promise.all(answers);
    }
    crowd.forEach((one) => one.close());
    await sleep(1000);
  }
  publisher.ws.cut();
  await relay.child.stop({ grace: 20000 });
  process.stdout.write(`\n${table([
    ['instructions', 'all', ...Object.keys(LIBRARIES), 'allocations'],
    ...Object.entries(rows).map(([what, row]) => [
      what, Math.round(row.all),
      ...Object.keys(LIBRARIES).map((key) => Math.round(row[key])),
      row.allocations.all.toFixed(1)])])}\n`);
  return rows;
}
