// SPDX-License-Identifier: MIT
/*
 * The Dockerfile agrees with what it uses; `make test-image` builds by it.
 */
import assert from 'node:assert/strict';
import { accessSync, constants, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { ROOT } from './deploy_page.mjs';

const read = (name) => readFileSync(join(ROOT, name), 'utf8');
/* [INSTRUCTION, the rest], continued lines joined. */
const LINES = read('Dockerfile').replace(/^#.*\n/gm, '')
  .replaceAll('\\\n', ' ').split('\n').filter(Boolean)
  .map((line) => /^([A-Z]+) +(.*)$/.exec(line).slice(1));

const all = (name) => LINES.filter(([one]) => one === name)
  .map(([, rest]) => rest);

test('what it runs exists', () => {
  const runs = all('RUN').join(' && ').split(/ +&& +/);
  const targets = new Set([...read('Makefile').matchAll(/^([a-z-]+):/gm),
                           ...read('Makefile').matchAll(/^\.PHONY: (.*)$/gm)]
    .flatMap(([, names]) => names.split(' ')));

  for (const run of runs.filter((one) => one.startsWith('make ')))
    for (const target of run.split(' ').slice(1)
      .filter((word) => word && !word.startsWith('-')))
      assert.ok(targets.has(target), target);
  const [script, from, to] = runs.find((one) => one.includes('rootfs'))
    .trim().split(/ +/);
  accessSync(join(ROOT, script), constants.X_OK);
  assert.equal(from, 'build/release/oriel-relay');
  assert.ok(all('COPY').includes(`--from=build ${to} /`));
  assert.ok(runs.some((one) => /make .*\bcheck-relay\b/.test(one)),
            'no tests in the first stage');
});

test('the second stage has the relay alone, for nobody', () => {
  const [program] = /\/usr\/bin\/oriel-relay/.exec(read('cloud/image/rootfs.sh'));

  assert.equal(all('FROM').at(-1), 'scratch');
  assert.deepEqual(all('USER'), ['65534:65534']);
  assert.deepEqual(JSON.parse(all('ENTRYPOINT')[0]), [program]);
  assert.match(all('HEALTHCHECK')[0],
               new RegExp(`CMD \\["${program}", "health"\\]$`));
});
