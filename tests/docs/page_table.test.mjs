// SPDX-License-Identifier: MIT
/*
 * The table of docs/page.md names the tests for all that the page promises:
 *
 *   FILE: `title`, `title`; FILE: `title`
 *
 * with FILE of tests/e2e/ or tests/web/. They exist, and none of the page's
 * end-to-end tests is left out.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const REFERENCE = /(\w+): ((?:`[^`]+`(?:, )?)+)/g;
const TITLE = /^test\((['`])((?:\\.|(?!\1).)*)\1/gm;

const titlesOf = (path) => [...readFileSync(path, 'utf8').matchAll(TITLE)]
  .map(([,, title]) => title.replaceAll('\\', ''));

function pathOf(name) {
  return ['e2e', 'web'].map((d) => join(ROOT, 'tests', d, `${name}.test.mjs`))
    .find((path) => existsSync(path));
}

/* { file: [titles] } of all rows. */
function readTable() {
  const named = {};
  const rows = readFileSync(join(ROOT, 'docs/page.md'), 'utf8').split('\n')
    .filter((line) => line.startsWith('| ') && line.includes(': `'));

  assert.ok(rows.length > 20, `${rows.length} rows`);
  for (const row of rows)
    for (const [, file, list] of row.matchAll(REFERENCE))
      named[file] = [...named[file] ?? [],
                     ...[...list.matchAll(/`([^`]+)`/g)].map(([, t]) => t)];
  return named;
}

test('each test that docs/page.md names exists', () => {
  const missing = Object.entries(readTable()).flatMap(([file, titles]) => {
    const path = pathOf(file);
    const have = path ? titlesOf(path) : [];

    return titles.filter((title) => !have.includes(title))
      .map((title) => `${file}: ${title}`);
  });
  assert.deepEqual(missing, []);
});

test('each end-to-end test of the page is in its table', () => {
  const named = readTable();
  const left = readdirSync(join(ROOT, 'tests/e2e'))
    .filter((name) => /^page_.*\.test\.mjs$/.test(name)).flatMap((name) => {
      const file = name.replace('.test.mjs', '');

      return titlesOf(join(ROOT, 'tests/e2e', name))
        .filter((title) => !named[file]?.includes(title))
        .map((title) => `${file}: ${title}`);
    });
  assert.deepEqual(left, []);
});
