import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { inject, onTestFailed } from 'vitest';
import type { Cleanup } from '#platform/testing/cleanup.ts';
import { BROWSER_ARGUMENTS, chromiumPath } from './chromium-path.ts';

export interface WatchedPage {
  readonly page: Page;
  /** What the page complained of: console errors, thrown errors, violations of its policy. */
  readonly complaints: readonly string[];
}

export interface PageOptions extends Pick<
  BrowserContextOptions,
  'ignoreHTTPSErrors' | 'hasTouch' | 'reducedMotion' | 'forcedColors'
> {
  /** In a browser of its own: tracing a browser would also trace the pages of other tests. */
  readonly alone?: boolean;
}

/** A page that shares nothing with others; a screenshot is left behind when the test fails. */
export async function openPage(
  cleanup: Cleanup,
  { alone = false, ...options }: PageOptions = {},
): Promise<WatchedPage> {
  const browser = await (alone ? launchBrowser() : chromium.connect(inject('browserEndpoint')));
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

async function launchBrowser(): Promise<Browser> {
  return await chromium.launch({ executablePath: chromiumPath() ?? '', args: BROWSER_ARGUMENTS });
}
