// SPDX-License-Identifier: MIT
/*
 * Whatever a peer sends, what the relay writes is lines that it has made: one
 * for each request, of letters that a terminal shows, JSON where it is to be,
 * and nothing secret in any of them, at any level.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { Raw } from './attacker.mjs';
import { finishAll, Relay, SLOW } from './oriel.mjs';
import { Publisher } from './publisher.mjs';

const FORGED = '2026-01-01T00:00:00.000Z 6.6.6.6 GET /forged 200 1 1ms';
const MARK = 'forged';

/* Targets, and lines of header, as bytes (latin1). */
const TARGETS = [
  `/porch/%0a${encodeURI(FORGED)}`, `/porch/%0d%0a${encodeURI(FORGED)}`,
  '/%1b[31mforged/', '/porch/\x1b]0;forged\x07', '/\x9b31mforged/',
  '/porch/%c0%af%c0%aeforged', '/\xff\xfe\xc3\x28/forged.m3u8',
  '/%e2%80%aeforged/', '/porch/%22,%22status%22:1,%22x%22:%22forged',
  '/porch/"}{"forged', `/${'forged'.repeat(50)}/`, '/porch/%00forged',
  '/assets/%22forged%0a', '/v1/publish/%0aforged', '/v1/cameras/%1bforged',
  '/porch/index.m3u8?_HLS_msn=%0aforged&x=\x1b[2Jforged',
];
const HEADERS = [
  'User-Agent: \x1b[2J\x9bforged\xff', 'Referer: http://forged/%0aforged',
  'X-Forwarded-For: 1.2.3.4\x0bforged', 'X-Forwarded-For: \x1b[31mforged, x',
  'Authorization: Bearer forged\x1b', 'Authorization: Basic \xff\x1bforged',
  'Cookie: forged=\x7f\x1b', 'If-None-Match: "\x1bforged"',
  'Host: forged\x1b', 'Sec-WebSocket-Protocol: oriel.1, \x1bforged',
];

/* Lines of text that show, and nothing of what was sent but names. */
function checkLines(text) {
  assert.match(text, /^([ -~]+\n)*$/);
  assert.ok(!text.includes(MARK), text.split('\n')
    .filter((line) => line.includes(MARK)).join('\n'));
}

async function attack(relay, token) {
  const secret = `/porch/${token}/index.m3u8`;
  const heads = [
    ...TARGETS.map((target) => `GET ${target} HTTP/1.1\r\nHost: x\r\n`),
    ...HEADERS.map((line) => `GET /healthz HTTP/1.1\r\n${line}\r\n` +
                             (line.startsWith('Host') ? '' : 'Host: x\r\n')),
    '\x1bFORGED /healthz HTTP/1.1\r\nHost: x\r\n',
    `GET ${secret} HTTP/1.1\r\nHost: x\r\nReferer: http://x${secret}\r\n`,
    `GET /healthz HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n`,
  ];
  const raws = heads.map((head) => new Raw(relay.port, `${head}\r\n`));
  const end = performance.now() + 5000 * SLOW;

  while (raws.some(({ got, closed }) => !got && !closed)) {
    assert.ok(performance.now() < end, 'not answered and not closed');
    await sleep(50);
  }
  for (const raw of raws)
    raw.cut();
}

test('a line is a line, and has no secret, whatever is sent', async (t) => {
  for (const format of ['text', 'json']) {
    const relay = await Relay.start({ open: false, args: [
      '--access-log', format, '--proxy-hops', '1', '--log', 'debug',
      '--hold-ms', '0'] });
    t.after(() => {
      relay.allowed.push(/porch/);
      return finishAll(relay);
    });
    const token = await relay.link('porch');
    const key = await relay.key('porch');
    const publisher = await new Publisher(relay, 'porch').open();

    await publisher.publish(1);
    await attack(relay, token);
    assert.equal((await fetch(`${relay.url}healthz?last`)).status, 200);
    publisher.ws.cut();
    await relay.child.line(/the device of process/, { timeout: 10000 * SLOW });
    await sleep(1000 * SLOW); // lines go out once in a while
    const lines = relay.child.output.split('\n').slice(1, -1);

    assert.ok(lines.length >= TARGETS.length, relay.child.output);
    checkLines(relay.child.output);
    checkLines(relay.child.lines.join('\n') + '\n');
    for (const line of lines)
      if (format === 'json')
        assert.deepEqual(Object.keys(JSON.parse(line)),
                         ['time', 'from', 'method', 'path', 'status', 'bytes',
                          'ms']);
      else
        assert.match(line, /^\S+Z \S+ [A-Z-]+ \S+ [1-5]\d\d \d+ \d+ms$/);
    for (const hidden of [token.slice(1), key, relay.secret])
      assert.ok(!(relay.child.output + relay.child.lines).includes(hidden));
  }
});
