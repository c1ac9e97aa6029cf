// SPDX-License-Identifier: MIT
/*
 * docs/deploy.md is right as far as it can be read: files parse, options
 * exist, sums add up. tests/e2e/deploy_page.test.mjs does what it says.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync,
         writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { parse } from 'yaml';

import { block, PAGE, ROOT } from './deploy_page.mjs';

const CONFIG = readFileSync(join(ROOT, 'cloud/config_table.c'), 'utf8');
/* The part of the Compose specification that we use. */
const SERVICE = ['build', 'image', 'read_only', 'cap_drop', 'security_opt',
                 'mem_limit', 'environment', 'restart', 'command', 'ports',
                 'volumes'];
const CENT = 0.005001;

test('the Compose file parses, and says what it should', () => {
  const { services, volumes } = parse(block('services:'));
  const { relay, caddy } = services;

  for (const service of [relay, caddy])
    for (const key of Object.keys(service))
      assert.ok(SERVICE.includes(key), key);
  assert.ok(existsSync(join(ROOT, relay.build, 'Dockerfile')));
  assert.equal(relay.read_only, true);
  assert.deepEqual(relay.cap_drop, ['ALL']);
  assert.deepEqual(relay.security_opt, ['no-new-privileges:true']);
  assert.deepEqual(Object.keys(relay.environment),
                   ['ORIEL_SECRET', 'ORIEL_PROXY_HOPS']);
  for (const volume of caddy.volumes)
    assert.ok(volume.split(':')[0] in volumes, volume);
  assert.match(caddy.command, / --to relay:8080$/);
});

test('each variable is an option of the relay', () => {
  const names = new Set(PAGE.match(/\bORIEL_[A-Z_]+/g));

  names.delete('ORIEL_KEY'); // the camera's
  assert.ok(names.size >= 5, [...names].join());
  for (const name of names)
    assert.ok(CONFIG.includes(
      `{ "${name.slice(6).toLowerCase().replaceAll('_', '-')}", OPT_`), name);
});

/* Numbers, + - x and brackets; nothing else is looked at. */
function evaluate(sum) {
  assert.match(sum, /^[0-9.+\-x() ]+$/);
  return Function(`return ${sum.replaceAll('x', '*')}`)();
}

test('what it costs is what the prices make of it', () => {
  const rows = [...PAGE.matchAll(/^\| .*?([0-9(][0-9.+\-x() ]+x [0-9.]+) \| ([0-9.]+) \|$/gm)];

  assert.equal(rows.length, 4);
  for (const [row, sum, said] of rows)
    assert.ok(Math.abs(evaluate(sum) - Number(said)) <= CENT,
              `${row} makes ${evaluate(sum)}`);
  const prices = [...PAGE.matchAll(/^\| [a-z].*? \| (0\.0[0-9]+) a /gm)]
    .map(([, price]) => price);
  assert.equal(prices.length, 4);
  for (const price of prices)
    assert.ok(rows.some(([, sum]) => sum.includes(`x ${price}`)), price);
  assert.equal(2592000, 30 * 24 * 3600);
  assert.equal(259200 * 0.1, 25920);
  assert.equal(648000, 2592000 / 4, 'GiB and seconds of 256 MiB');
  assert.equal(0.45, 1e6 / 8 * 3600 / 1e9, 'GB of an hour at 1 Mbit/s');
});

test('fly.toml is tables, keys and values', () => {
  for (const line of block('kill_signal').split('\n').filter(Boolean))
    assert.match(line,
                 /^(\[\w+\]|\s*\w+ = ("[^"]*"|\d+|true|false))$/, line);
});

test('systemd takes the unit, and the drop-in', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'oriel-units-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const unit = readFileSync(join(ROOT, 'systemd/oriel-relay.service'), 'utf8');

  writeFileSync(join(folder, 'oriel-relay.service'),
                unit.replace(/^ExecStart=.*/m, 'ExecStart=/bin/true'));
  mkdirSync(join(folder, 'oriel-relay.service.d'));
  const verify = (dropIn) => {
    writeFileSync(join(folder, 'oriel-relay.service.d/override.conf'), dropIn);
    const { status, stderr, error } = spawnSync('systemd-analyze', [
      'verify', '--man=no', '--recursive-errors=no',
      join(folder, 'oriel-relay.service')],
      { encoding: 'utf8', env: { ...process.env,
                                 SYSTEMD_UNIT_PATH: `${folder}:` } });
    assert.equal(error, undefined);
    return { status, said: stderr.split('\n')
      .filter((line) => line.includes(folder)).join('\n') };
  };

  assert.deepEqual(verify(block('SupplementaryGroups=')),
                   { status: 0, said: '' });
  assert.match(verify('[Service]\nSupplementaryGroup=x\n').said,
               /SupplementaryGroup/, 'a mistake is not noticed');
});
