// SPDX-License-Identifier: MIT
/*
 * attacker.mjs SIDE JSON: one side of one attack (attacks.mjs), until SIGTERM.
 * Says "begun", and at the end what it did.
 */
import { ATTACKS } from './attacks.mjs';
import { Load } from './load.mjs';

const [side, json] = process.argv.slice(2);
const { attack: name, ...options } = JSON.parse(json);
const { lanes, addresses = 1, crowd = addresses, [side]: make } =
  ATTACKS[name];
const load = new Load({ ...options, addresses: side === 'attack' ? addresses
  : crowd });
const start = performance.now();

process.on('SIGTERM', () => {
  load.stopped = true;
  process.stdout.write(`${JSON.stringify({
    operations: load.operations, statuses: load.statuses,
    seconds: (performance.now() - start) / 1000 })}\n`, () => process.exit(0));
});
process.stdout.write('begun\n');
await load.run(lanes, make(load));
