// SPDX-License-Identifier: MIT
/*
 * docs/metrics.md has every metric of the relay with its type, every reason,
 * and nothing that is none; its YAML parses, and its rules ask for metrics
 * that exist. (The relay's side is read from its source; that it prints what
 * is there: tests/e2e/operations.test.mjs.)
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parse } from 'yaml';

import { metricsPage, rowsOf } from './metrics_page.mjs';

const { page, source, states, config } = metricsPage();

test('each metric is on the page, with its type, and the other way round',
     () => {
  // print_one(out, "NAME", "TYPE", ...), { "NAME", "TYPE", ... } and
  // name[] = "NAME"; ... print_type(out, name, "TYPE",
  const made = new Map([...source.matchAll(
    /"((?:oriel|process)_[a-z_]+)",\s+"(gauge|counter)"/g),
  ...source.matchAll(
    /name\[\] = "(oriel_[a-z_]+)";[^]*?print_type\(out, name, "(\w+)"/g)]
    .map(([, name, type]) => [name, type]));
  const named = new Set(source.match(/\b(?:oriel|process)_[a-z_]+(?=[" ])/g));

  assert.deepEqual([...named].sort(), [...made.keys()].sort());
  assert.deepEqual(Object.fromEntries([...rowsOf(page)].sort()),
                   Object.fromEntries([...made].sort()));
});

test('names are as Prometheus has them', () => {
  for (const [name, type] of rowsOf(page)) {
    assert.match(name, /^(oriel|process)_[a-z]+(_[a-z]+)*$/);
    assert.equal(type === 'counter', name.endsWith('_total'), name);
    assert.doesNotMatch(name, /milli|micro|_ms|_kb|gauge|counter/);
  }
});

test('each reason of a refusal is on the page, and each option exists', () => {
  const reasons = [...source.matchAll(/\[REFUSED_\w+\] = "(\w+)"/g)]
    .map(([, reason]) => reason);
  const rows = [...page.matchAll(/^\| `([a-z]+)` \| .* \| (.*)\|$/gm)];

  assert.deepEqual(rows.map(([, reason]) => reason), reasons);
  for (const [, option] of page.matchAll(/`--([a-z-]+)[ `]/g))
    assert.ok(config.includes(`{ "${option}", OPT_`), option);
});

test('what is to be pasted is YAML, and asks for what there is', () => {
  const blocks = [...page.matchAll(/(?:^ {4}.*\n)+/gm)].map(([text]) => text);
  const [scrape, alerts] = blocks.map((text) => text.replace(/^ {4}/gm, ''));
  const { scrape_configs: [{ job_name: job, authorization }] } = parse(scrape);
  const { groups: [{ rules }] } = parse(alerts);

  assert.equal(job, 'oriel');
  assert.ok(authorization.credentials_file);
  assert.equal(rules.length, 3);
  for (const { alert, expr, annotations } of rules) {
    assert.match(alert, /^Oriel/);
    assert.ok(annotations.summary);
    const names = expr.match(/\boriel_[a-z_]+/g);
    for (const name of names)
      assert.ok(rowsOf(page).has(name), name);
    const [, label, words] = /(\w+)=~"([a-z|]+)"/.exec(expr) ?? [];
    for (const word of words?.split('|') ?? [])
      assert.ok((label === 'state' ? states : source).includes(`"${word}"`),
                word);
  }
});
