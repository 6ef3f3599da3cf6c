import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { inject, onTestFailed } from 'vitest';
import type { Cleanup } from '#platform/testing/cleanup.ts';

export interface WatchedPage {
  readonly page: Page;
  /** What the page complained of: console errors, thrown errors, violations of its policy. */
  readonly complaints: readonly string[];
}

/** A page that shares nothing with others; a screenshot is left behind when the test fails. */
export async function openPage(
  cleanup: Cleanup,
  options: Pick<BrowserContextOptions, 'ignoreHTTPSErrors'> = {},
): Promise<WatchedPage> {
  const browser = await chromium.connect(inject('browserEndpoint'));
  // Ends its contexts too, not the browser itself.
  cleanup.add(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
  page.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  onTestFailed(async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'signalbox-screenshot-')), 'page.png');
    await page.screenshot({ path: file, fullPage: true }).catch(() => undefined);
    console.log(`screenshot: ${file}; complaints of the page: ${JSON.stringify(complaints)}`);
  });
  return { page, complaints };
}
