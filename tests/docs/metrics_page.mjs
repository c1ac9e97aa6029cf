// SPDX-License-Identifier: MIT
/* docs/metrics.md, and what it is about. */
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const read = (path) => readFileSync(join(ROOT, path), 'utf8');

export const metricsPage = () => ({
  page: read('docs/metrics.md'), source: read('cloud/http/metrics.c'),
  states: read('cloud/http/report.c'), config: read('cloud/config_table.c'),
});

/* A map of name and type. */
export const rowsOf = (page) => new Map(
  [...page.matchAll(/^\| `([a-z_]+)` \| (gauge|counter) \|/gm)]
    .map(([, name, type]) => [name, type]));
