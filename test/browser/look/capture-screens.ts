import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Browser, chromium } from 'playwright-core';
import { CleanupStack } from '#platform/testing/cleanup.ts';
import { BROWSER_ARGUMENTS, chromiumPath } from '../chromium-path.ts';
import { startFakeDashboard } from '../fake-dashboard.ts';
import { type Screen, siteOf } from './screen.ts';
import { SCREENS } from './screens.ts';

const USAGE = `Takes a picture of every screen of the built dashboard: light and dark, phone and desktop.

  node --conditions=source --import tsx test/browser/look/capture-screens.ts [options]

  --to FOLDER     where to (build/pictures)
  --only WORDS    screens whose names have one of these in them, divided by commas
  --looks WORDS   phone-light, phone-dark, desktop-light, desktop-dark; all of them by default
`;

const PHONE = { width: 390, height: 844, isPhone: true };
/** Of a board with 250 units, this much shows how it looks. */
const MAX_HEIGHT = 6_000;
const DESKTOP = { width: 1440, height: 900, isPhone: false };
const LOOKS = [
  { name: 'phone-light', ...PHONE, colorScheme: 'light' },
  { name: 'phone-dark', ...PHONE, colorScheme: 'dark' },
  { name: 'desktop-light', ...DESKTOP, colorScheme: 'light' },
  { name: 'desktop-dark', ...DESKTOP, colorScheme: 'dark' },
] as const;
type Look = (typeof LOOKS)[number];

async function capture(browser: Browser, screen: Screen, look: Look, file: string): Promise<void> {
  const cleanup = new CleanupStack();
  try {
    const { hub, site, url } = await startFakeDashboard(cleanup, siteOf(screen));
    const { width, height, isPhone, colorScheme } = look;
    const context = await browser.newContext({
      viewport: { width, height },
      ...{ colorScheme, hasTouch: isPhone, isMobile: isPhone },
      ...{ reducedMotion: 'reduce', timezoneId: 'Europe/Berlin' },
    });
    cleanup.add(() => context.close());
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    page.on('pageerror', (error) => console.error(`${screen.name}: ${String(error)}`));
    const fixture = { hub, site, page };
    screen.arrange?.(fixture);
    await page.goto(`${url}${screen.path?.(fixture) ?? '/'}`);
    await screen.show?.(fixture);
    // What appears after a while, or is drawn with the next frames.
    await new Promise((done) => setTimeout(done, 700));
    await page.evaluate(() => window.scrollTo(0, 0));
    // The whole page in a window as high as it is: a picture of more than the window would
    // be without what is drawn when it comes on screen, and as if no finger touched it.
    const [isCovered, pageHeight] = await page.evaluate(() => [
      document.querySelector('dialog:modal, :popover-open') !== null,
      document.documentElement.scrollHeight,
    ]);
    if (!isCovered) {
      await page.setViewportSize({ width, height: Math.min(pageHeight, MAX_HEIGHT) });
      await new Promise((done) => setTimeout(done, 300));
    }
    await page.screenshot({ path: file });
  } catch (error) {
    console.error(`${screen.name} ${look.name}: ${String(error)}`);
    process.exitCode = 1;
  } finally {
    await cleanup.run();
  }
}

const { values } = parseArgs({
  options: {
    to: { type: 'string', default: 'build/pictures' },
    only: { type: 'string', default: '' },
    looks: { type: 'string', default: '' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) console.log(USAGE);
else {
  const folder = resolve(values.to);
  mkdirSync(folder, { recursive: true });
  const only = values.only.split(',');
  const screens = SCREENS.filter(({ name }) => only.some((word) => name.includes(word)));
  const looks = LOOKS.filter(({ name }) =>
    values.looks.split(',').some((word) => name.includes(word)),
  );
  const browser = await chromium.launch({
    executablePath: chromiumPath() ?? 'chromium',
    args: BROWSER_ARGUMENTS,
  });
  for (const screen of screens) {
    for (const look of looks) {
      await capture(browser, screen, look, join(folder, `${screen.name}-${look.name}.png`));
    }
  }
  await browser.close();
}
