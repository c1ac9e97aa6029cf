// SPDX-License-Identifier: MIT
/*
 * Programs that a test starts: their output is kept, what they complain of is
 * judged, and whatever happens to the test none of them and no folder of
 * theirs outlives it.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { FairClock } from './starvation.mjs';

const LOOK = 50; // ms
const CLEAN_UP = 60000; // ms
const running = new Set();
const folders = new Set();

process.on('exit', () => {
  for (const child of running)
    child.signal('SIGKILL');
  for (const folder of folders)
    rmSync(folder, { recursive: true, force: true });
});
/* What a test that failed left running would keep its file from ending. */
if (process.env.NODE_TEST_CONTEXT)
  after(() => { setTimeout(() => process.exit(1), CLEAN_UP).unref(); });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => process.exit(1));

/* A folder in memory where there is one; gone when the test is over. */
export function newFolder() {
  const memory = statSync('/dev/shm', { throwIfNoEntry: false });
  const folder = mkdtempSync(join(memory?.isDirectory() ? '/dev/shm' : tmpdir(),
                                  'oriel-test-'));
  folders.add(folder);
  return folder;
}

/* Never welcome, whatever a test allows. */
const SANITIZER = new RegExp(['Sanitizer', 'runtime error:',
                              'Assertion .* failed', 'core dumped'].join('|'));

export class Child {
  #end;

  /*
   * `options` as spawn() takes them. `input`: a stream that is its standard
   * input. `nice`: how far it steps back behind others, or, where we may
   * do that, goes before them.
   */
  constructor(command, args, { input = 'ignore', nice = 0, ...options } = {}) {
    this.name = command.split('/').at(-1);
    this.lines = []; // of stderr
    this.output = '';
    this.watchers = new Set();
    this.process = spawn(command, args, {
      stdio: [input, 'pipe', 'pipe'], ...options,
    });
    this.#setNice(nice);
    running.add(this);
    this.process.stdout.setEncoding('utf8');
    this.process.stdout.on('data', (text) => {
      this.output += text;
      this.wakeWatchers();
    });
    this.#readLines(this.process.stderr);
    this.#end = new Promise((resolve) => {
      this.process.on('error', (error) => {
        this.lines.push(`cannot start: ${error.message}`);
        resolve({ code: -1, signal: null });
      });
      this.process.on('close', (code, signal) => resolve({ code, signal }));
    }).then((how) => {
      running.delete(this);
      this.how = how;
      this.wakeWatchers();
      return how;
    });
    // A test that has failed must not wait for what it can no longer stop.
    for (const handle of [this.process, this.process.stdout,
                          this.process.stderr])
      handle.unref();
  }

  #setNice(nice) {
    try {
      if (nice && this.process.pid)
        setPriority(this.process.pid, nice);
    } catch {
      // going before others is not for everybody
    }
  }

  /* Resolves to { code, signal }. */
  get ended() {
    const hold = setInterval(() => {}, 1000);
    return this.#end.finally(() => clearInterval(hold));
  }

  get pid() {
    return this.process.pid;
  }

  #readLines(stream) {
    let rest = '';
    stream.setEncoding('utf8');
    stream.on('data', (text) => {
      const lines = (rest + text).split(/\r\n|\n|\r/);
      rest = lines.pop();
      this.lines.push(...lines);
      this.wakeWatchers();
    });
    stream.on('close', () => {
      if (rest)
        this.lines.push(rest);
    });
  }

  wakeWatchers() {
    for (const look of this.watchers)
      look();
  }

  /* Resolves to the match of the first line of stderr or stdout that fits. */
  async line(pattern, { timeout = 10000, from = 0 } = {}) {
    let look;
    const found = new Promise((resolve, reject) => {
      look = () => {
        for (const text of [...this.lines.slice(from),
                            ...this.output.split('\n')]) {
          const match = pattern.exec(text);
          if (match)
            return resolve(match);
        }
        if (this.how)
          reject(new Error(`${this.name} ended before it said ${pattern}:\n` +
                           this.lines.join('\n')));
        return undefined;
      };
    });
    this.watchers.add(look);
    look();
    const stop = new AbortController();
    try {
      return await Promise.race([found, sleep(timeout, null, {
        signal: stop.signal,
      }).then(() => {
        throw new Error(`${this.name} did not say ${pattern} in ${timeout} ` +
                        `ms:\n${this.lines.join('\n')}${this.output}`);
      })]);
    } finally {
      stop.abort();
      this.watchers.delete(look);
    }
  }

  signal(name) {
    try {
      this.process.kill(name);
    } catch {
      // it has left
    }
  }

  /*
   * SIGTERM, and what it takes; resolves to { code, signal, ms }: how long
   * that took, but for the time in which it was not let run.
   */
  async stop({ grace = 5000 } = {}) {
    if (this.how)
      return { ...this.how, ms: 0 };
    const clock = new FairClock(this.pid);
    try {
      this.signal('SIGTERM');
      while (!this.how && clock.ms < grace)
        await this.#waitFor(Math.max(LOOK, grace - clock.ms));
      const { ms } = clock;
      if (!this.how) {
        await this.kill();
        throw new Error(`${this.name} did not leave in ${grace} ms:\n` +
                        this.lines.slice(-20).join('\n'));
      }
      return { ...this.how, ms };
    } finally {
      clock.close();
    }
  }

  /* Its end, or so many milliseconds. */
  async #waitFor(milliseconds) {
    const stop = new AbortController();
    await Promise.race([this.ended, sleep(milliseconds, null, {
      signal: stop.signal,
    }).catch(() => {})]);
    stop.abort();
  }

  async kill() {
    this.signal('SIGKILL');
    return this.ended;
  }

  /* Warnings and errors that no pattern of `allowed` fits. */
  complaints(allowed = []) {
    return this.lines.filter((line) => SANITIZER.test(line) ||
      (/^(error|warning) /.test(line) && !allowed.some((p) => p.test(line))));
  }
}
