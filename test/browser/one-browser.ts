import { chromium } from 'playwright-core';
import type { TestProject } from 'vitest/node';
import { BROWSER_ARGUMENTS, chromiumPath } from './chromium-path.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the browser of all tests listens; '' if there is none. */
    readonly browserEndpoint: string;
  }
}

/**
 * Before all tests: one browser, in which each test has a context of its own
 * (no cookies, no storage, no cache of another). A start took a second of
 * each test.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const executablePath = chromiumPath();
  if (executablePath === undefined) {
    project.provide('browserEndpoint', '');
    return () => Promise.resolve();
  }
  const server = await chromium.launchServer({
    executablePath,
    host: '127.0.0.1',
    args: BROWSER_ARGUMENTS,
  });
  project.provide('browserEndpoint', server.wsEndpoint());
  return () => server.close();
}
