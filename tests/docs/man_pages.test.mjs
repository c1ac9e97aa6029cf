// SPDX-License-Identifier: MIT
/* The manual has each option that --help has, below the same headings. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const read = (path) => readFileSync(join(ROOT, path), 'utf8');

/* ['= heading', 'option', ...], as the program's table has it. */
function table(path) {
  const [, rows] = /struct opt table\[\] = \{(.*?)\{ 0 \}/s.exec(read(path));
  const list = [];

  for (const [, name, rest] of
    rows.matchAll(/\{ "([\w-]+)",(.*?)(?=\{ "|$)/gs)) {
    const group = /\.group = "([^"]*)"/.exec(rest);
    if (group)
      list.push(`= ${group[1].replaceAll('`', '')}`);
    list.push(name);
  }
  return list;
}

/* The same of the manual: a heading, and what stands above each paragraph. */
function manual(path) {
  const text = read(path).replaceAll('\\-', '-');
  const part = text.slice(text.indexOf('\n.SH OPTIONS'),
                          text.indexOf('\n.SH ENVIRONMENT'));
  const list = [];

  for (const [, heading, tag] of
    part.matchAll(/^(?:\.SS (.*)|\.TP\n\.BI? (.*))$/gm))
    if (heading)
      list.push(`= ${heading}`);
    else
      for (const [, name] of tag.matchAll(/(?:^|", )(?:--)?([a-z][\w-]*)/g))
        list.push(name);
  return list;
}

for (const [program, source] of [['oriel-cam', 'device/config.c'],
                                 ['oriel-relay', 'cloud/config_table.c']])
  test(`the manual of ${program} has its options, in their order`, () => {
    const options = table(source);

    assert.ok(options.length > 40, 'the table is not read');
    assert.match(options[0], /^= /);
    // The program adds the last one itself.
    assert.deepEqual(manual(`man/${program}.1`), [...options, 'config']);
  });
