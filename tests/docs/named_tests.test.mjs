// SPDX-License-Identifier: MIT
/*
 * The table of traps in docs/hardware.md names a test, or a reason, for each:
 * the tests exist.
 *
 *   u FILE: name, name    tests of tests/unit/test_FILE.c
 *   e FILE: `title`       a title in tests/e2e/hostile_FILE.test.mjs
 *   k: `title`            one in tests/kernel/kernel.test.mjs
 *
 * "all of it" stands for any name.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const ROWS = 40;
const FILES = {
  u: (name) => `tests/unit/test_${name}.c`,
  e: (name) => `tests/e2e/hostile_${name}.test.mjs`,
  k: () => 'tests/kernel/kernel.test.mjs',
};
const WHERE = /\b([ue]) (\w+): |\b(k): /g;
const NAMES = /^(?:all of it|`[^`]+`(?:, `[^`]+`)*|\w+(?:, \w+_\w+)*)/;

/* Each { kind, file, names } that a row refers to. */
function references(row) {
  return [...row.matchAll(WHERE)].map(([all, kind, name, kernel], i) => {
    const start = [...row.matchAll(WHERE)][i].index + all.length;
    const [list] = NAMES.exec(row.slice(start)) ?? [];

    assert.ok(list, `no name of a test behind "${all}" in: ${row}`);
    return {
      kind: kind ?? kernel, file: FILES[kind ?? kernel](name),
      names: list === 'all of it' ? []
        : list.split(list.startsWith('`') ? '`, `' : ', ')
          .map((one) => one.replaceAll('`', '')),
    };
  });
}

function has(text, kind, name) {
  if (kind === 'u')
    return text.includes(`START_TEST(${name})`);
  return text.replaceAll("\\'", "'").includes(name);
}

function missing(row) {
  return references(row).flatMap(({ kind, file, names }) => {
    const path = join(ROOT, file);

    if (!existsSync(path))
      return [file];
    const text = readFileSync(path, 'utf8');
    return names.filter((name) => !has(text, kind, name))
      .map((name) => `${file}: ${name}`);
  });
}

test('each trap has a test that exists, or a reason', () => {
  const rows = readFileSync(join(ROOT, 'docs/hardware.md'), 'utf8')
    .split('\n').filter((line) => /^\| \d+ \|/.test(line));

  assert.deepEqual(rows.map((row) => Number(/\d+/.exec(row)[0])),
                   Array.from({ length: ROWS }, (_, i) => i + 1));
  for (const row of rows)
    assert.ok(row.split('|')[3].trim().length > 8, row);
  assert.ok(rows.flatMap(references).length > ROWS);
  assert.deepEqual(rows.flatMap(missing), []);
});

test('a name that is none is noticed', () => {
  assert.deepEqual(missing('| 1 | x | u raw: all of it; u raw: not_there |'),
                   ['tests/unit/test_raw.c: not_there']);
  assert.deepEqual(missing('| 1 | x | e units: `begins with garbage`, `nobody knows` |'),
                   ['tests/e2e/hostile_units.test.mjs: nobody knows']);
  assert.deepEqual(missing('| 1 | x | u nobody: a_test |'),
                   ['tests/unit/test_nobody.c']);
});
