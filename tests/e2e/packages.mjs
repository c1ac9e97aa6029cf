// SPDX-License-Identifier: MIT
/*
 * The npm packages that only tests need. They are installed under web/, which
 * is not above this folder, so an import statement would not find them.
 */
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../web/package.json',
                                      import.meta.url));

export function loadHlsParser() {
  return require('hls-parser');
}

export function loadPlaywright() {
  return require('playwright-core');
}
