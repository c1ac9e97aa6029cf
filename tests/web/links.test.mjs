// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { makeCards } from '../../web/cards.js';
import { forgetLink, readLinks, rememberLink } from '../../web/links.js';

function newStorage(text = null) {
  return {
    text,
    getItem() { return this.text; },
    setItem(name, value) { this.text = value; },
  };
}

test('what was watched is remembered, the newest first and once', () => {
  const storage = newStorage();

  rememberLink(storage, 'porch', '/porch/~abc/');
  rememberLink(storage, 'yard', '/yard/');
  rememberLink(storage, 'porch', '/porch/~def/');
  assert.deepEqual(readLinks(storage), [
    { camera: 'porch', path: '/porch/~def/' },
    { camera: 'yard', path: '/yard/' }]);
});

test('what is forgotten is gone', () => {
  const storage = newStorage();

  rememberLink(storage, 'porch', '/porch/');
  forgetLink(storage, 'porch');
  assert.deepEqual(readLinks(storage), []);
});

test('without a storage, or a full one, nothing breaks', () => {
  const full = newStorage();

  full.setItem = () => { throw new Error('full'); };
  rememberLink(null, 'porch', '/porch/');
  rememberLink(full, 'porch', '/porch/');
  assert.deepEqual(readLinks(null), []);
  assert.deepEqual(readLinks(full), []);
});

test('what did not come from here is not believed', () => {
  const bad = [{ camera: 'a', path: 'https://evil.example/' },
               { camera: 'a', path: '//evil.example/' },
               { camera: 'a', path: '/b/' },
               { camera: '../x', path: '/a/' }, { camera: 'a' }, {}];

  for (const entry of bad)
    assert.deepEqual(readLinks(newStorage(JSON.stringify([entry]))), []);
  for (const text of ['', '{', '{}', 'null', '[null]', '7'])
    assert.deepEqual(readLinks(newStorage(text)), []);
});

test('no more than a hundred links are kept', () => {
  const storage = newStorage();

  for (let i = 0; i < 120; i++)
    rememberLink(storage, `cam-${i}`, `/cam-${i}/`);
  assert.equal(readLinks(storage).length, 100);
  assert.equal(readLinks(storage)[0].camera, 'cam-119');
});

test('cards come by name, numbers as numbers', () => {
  const cards = makeCards([{ camera: 'cam10', state: 'live', viewers: 2 },
                           { camera: 'cam9', state: 'offline', viewers: 0 }],
                          { cam9: '/cam9/~t/' });

  assert.deepEqual(cards.map(({ camera, path }) => [camera, path]),
                   [['cam9', '/cam9/~t/'], ['cam10', '/cam10/']]);
  assert.deepEqual(cards.map(({ viewers }) => viewers), ['', '2 watching']);
  assert.deepEqual(cards.map(({ hasPicture }) => hasPicture), [false, true]);
});
