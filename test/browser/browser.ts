import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { onTestFailed } from 'vitest';
import type { Cleanup } from '../harness/cleanup.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Where a Chromium is found: SIGNALBOX_CHROMIUM, or on the PATH. */
export function chromiumPath(): string | undefined {
  const given = process.env.SIGNALBOX_CHROMIUM;
  if (given !== undefined && given !== '') return given;
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find(existsSync);
}

export interface WatchedPage {
  readonly page: Page;
  /** What the page complained of: console errors, thrown errors, violations of its policy. */
  readonly complaints: readonly string[];
}

/** A page of a fresh browser; a screenshot is left behind when the test fails. */
export async function openPage(
  cleanup: Cleanup,
  options: Pick<BrowserContextOptions, 'ignoreHTTPSErrors'> = {},
): Promise<WatchedPage> {
  const isRoot = process.getuid?.() === 0;
  const browser: Browser = await chromium.launch({
    executablePath: chromiumPath() ?? 'chromium',
    args: [
      ...(isRoot ? ['--no-sandbox'] : []),
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  });
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
