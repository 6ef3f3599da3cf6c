import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { REPOSITORY } from '../../architecture/source.ts';
import { auditLook } from './audit.ts';

const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1_440, height: 900 };

/** Audits what is on screen in both themes, on a phone and on a desktop; keeps pictures. */
export async function looked(page: Page, name: string): Promise<string[]> {
  const folder = join(REPOSITORY, 'build/look');
  mkdirSync(folder, { recursive: true });
  const found: string[] = [];
  for (const [size, theme] of [
    [PHONE, 'light'],
    [PHONE, 'dark'],
    [DESKTOP, 'light'],
    [DESKTOP, 'dark'],
  ] as const) {
    await page.setViewportSize(size);
    await page.evaluate((to) => {
      document.documentElement.dataset.theme = to;
    }, theme);
    const faults = await auditLook(page, size === PHONE);
    found.push(...faults.map((fault) => `${name}, ${size.width} px, ${theme}: ${fault}`));
    await page.screenshot({
      path: join(folder, `${name}-${size.width}-${theme}.png`),
      fullPage: true,
    });
  }
  return found;
}
