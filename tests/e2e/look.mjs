// SPDX-License-Identifier: MIT
/*
 * How a page looks, for people to judge (build/screenshots/), and whether
 * those can use it who do not see it (axe-core).
 */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const FOLDER = join(ROOT, 'build/screenshots');
const AXE = readFileSync(
  createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/* As browser.newContext() takes them. */
export const DESKTOP = { viewport: { width: 1280, height: 720 },
                         colorScheme: 'dark' };
export const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true,
                       isMobile: true, deviceScaleFactor: 2,
                       colorScheme: 'light' };
export const SIZES = { desktop: DESKTOP, phone: PHONE };

export async function screenshot(page, name) {
  mkdirSync(FOLDER, { recursive: true });
  await page.screenshot({ path: join(FOLDER, `${name}.png`) });
}

/* Nothing that axe-core calls serious or critical. */
export async function checkAccessible(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => window.axe.run());
  const grave = violations
    .filter(({ impact }) => ['serious', 'critical'].includes(impact))
    .map(({ id, help, nodes }) => `${id}: ${help}: ` +
      nodes.map(({ html }) => html.slice(0, 80)).join(' | '));

  assert.deepEqual(grave, []);
}
