// SPDX-License-Identifier: MIT
/* docs/deploy.md: what is to be typed and pasted from it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const PAGE = readFileSync(join(ROOT, 'docs/deploy.md'), 'utf8');

/* Indented by four, without that; an empty line within one belongs to it. */
const BLOCKS = [...PAGE.matchAll(/(?:^ {4}.*\n(?:\n(?= {4}))?)+/gm)]
  .map(([text]) => text.replace(/^ {4}/gm, ''));

/* The one block that has this in it. */
export function block(wanted) {
  const found = BLOCKS.filter((text) => text.includes(wanted));

  assert.equal(found.length, 1, `${found.length} blocks with ${wanted}`);
  return found[0];
}
