import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { FakeSite } from '../../dashboard/testing/fake-site.ts';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { openPage } from './browser.ts';
import { canOpenDashboard, startFakeDashboard } from './fake-dashboard.ts';
import { auditLook } from './look/audit.ts';
import { type Screen, siteOf } from './look/screen.ts';
import { SCREENS } from './look/screens.ts';

const IS_LONG = process.env.SIGNALBOX_LONG === '1';
/** The short form: each view in the state that shows the most. */
const SHORT: ReadonlySet<string> = new Set([
  ...['set-up-misfits', 'board-requested', 'board-hub-gone', 'keys', 'unit-lamp-used'],
  ...[
    'unit-board',
    'base-offline',
    'command-failed',
    'add',
    'add-base-code',
    'add-unit-key',
    'add-unit-found',
  ],
  ...['activity-open', 'firmware-roll-out', 'settings-secrets', 'connect-request', 'not-found'],
]);
const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1_440, height: 900 };

/** The problems of a screen: in both themes, on a phone and on a desktop. */
async function audited(page: Page, screen: Screen): Promise<string[]> {
  const { hub, site, url } = await startFakeDashboard(atTestEnd, siteOf(screen));
  const fixture = { hub, site, page };
  await page.setViewportSize(PHONE);
  screen.arrange?.(fixture);
  await page.goto(`${url}${screen.path?.(fixture) ?? '/'}`);
  await screen.show?.(fixture);
  const found: string[] = [];
  for (const [look, theme, isTouched] of [
    [PHONE, 'light', true],
    [PHONE, 'dark', true],
    [DESKTOP, 'dark', false],
  ] as const) {
    await page.setViewportSize(look);
    await page.evaluate((name) => {
      document.documentElement.dataset.theme = name;
    }, theme);
    const faults = await auditLook(page, isTouched);
    found.push(...faults.map((fault) => `${screen.name}, ${look.width} px, ${theme}: ${fault}`));
  }
  const moving = await page.evaluate(
    () =>
      [...document.querySelectorAll('*')].filter((element) =>
        [undefined, '::before', '::after'].some(
          (pseudo) => getComputedStyle(element, pseudo).animationName !== 'none',
        ),
      ).length,
  );
  if (moving > 0) found.push(`${screen.name}: ${moving} things move for who wants no motion`);
  return found;
}

/** Where large texts and long names have the least room. */
const TIGHT: ReadonlySet<string> = new Set([
  ...['board-requested', 'unit-lamp-used', 'base-offline'],
  ...['settings-secrets', 'add-base-code', 'firmware-roll-out'],
]);
/** As long as a name may be, without a place to break it; and one that runs from right to left. */
const HARD_NAMES = ['Lampenfassungsgewindeschneidmaschinenbeleuchtung-im-dritten-OG-1', 'מנורה 2'];
/** What no size of text and no name may cause. */
const BROKEN = /too wide|target of 0 px|cut without/;

/** Gives the base, the places and most units names that are hard to fit. */
function renameHard(site: FakeSite): void {
  const [long = '', rightToLeft = ''] = HARD_NAMES;
  for (const base of site.bases.values()) site.putBase({ ...base, name: long });
  for (const [index, unit] of [...site.units.values()].entries()) {
    const isNeeded = /^(Reading lamp|Shelf strip|Bench supply|Gate lamp)$/.test(unit.name);
    const name = index % 2 === 0 ? long : rightToLeft;
    site.putUnit({ ...unit, name: isNeeded ? unit.name : name, place: long });
  }
}

/** What is out of reach or runs out of a phone's screen with large text, or with hard names. */
async function brokenBy(
  what: 'large text' | 'hard names',
  screen: Screen,
  page: Page,
): Promise<string[]> {
  const { hub, site, url } = await startFakeDashboard(atTestEnd, siteOf(screen));
  const fixture = { hub, site, page };
  if (what === 'hard names') renameHard(site);
  screen.arrange?.(fixture);
  await page.goto(`${url}${screen.path?.(fixture) ?? '/'}`);
  if (what === 'large text') {
    await page.evaluate(() => (document.documentElement.style.fontSize = '200%'));
  }
  await screen.show?.(fixture);
  const faults = await auditLook(page, true);
  return faults
    .filter((fault) => BROKEN.test(fault))
    .map((fault) => `${screen.name}, ${what}: ${fault}`);
}

describe.skipIf(!canOpenDashboard)('every screen (needs chromium and npm run build)', () => {
  it('fits a phone and a desktop, can be read and pressed, and named', async () => {
    const { page } = await openPage(atTestEnd, { hasTouch: true, reducedMotion: 'reduce' });
    const screens = SCREENS.filter(({ name }) => IS_LONG || SHORT.has(name));
    expect(screens.length).toBeGreaterThanOrEqual(SHORT.size);
    const found: string[] = [];
    for (const screen of screens) found.push(...(await audited(page, screen)));
    expect(found).toEqual([]);
  }, 600_000);

  it('fits a phone with text of twice the size, and with the hardest names', async () => {
    const { page } = await openPage(atTestEnd, { hasTouch: true, reducedMotion: 'reduce' });
    await page.setViewportSize(PHONE);
    const found: string[] = [];
    for (const screen of SCREENS.filter(({ name }) => TIGHT.has(name))) {
      found.push(...(await brokenBy('large text', screen, page)));
      found.push(...(await brokenBy('hard names', screen, page)));
    }
    expect(found).toEqual([]);
  }, 300_000);

  it('tells states and colours apart with the system’s own colours', async () => {
    const { page } = await openPage(atTestEnd, { forcedColors: 'active' });
    const site = siteOf({ name: 'board' });
    const { url } = await startFakeDashboard(atTestEnd, site);
    await page.goto(url);
    const lamp = page.getByRole('article', { name: 'Reading lamp' });
    await lamp.waitFor();
    const drawn = await page.evaluate(() => {
      const ground = (element: Element | null, pseudo?: string): string =>
        element ? getComputedStyle(element, pseudo).backgroundColor : '';
      const [on, off] = [true, false].map((isOn) =>
        [...document.querySelectorAll<HTMLInputElement>('.toggle')].find(
          ({ checked }) => checked === isOn,
        ),
      );
      const places = [...document.querySelectorAll('.shell-place')];
      const current = places.find((place) => place.hasAttribute('aria-current'));
      const other = places.find((place) => !place.hasAttribute('aria-current'));
      const slider = document.querySelector('.range-slider');
      return {
        on: [ground(on ?? null, '::before'), ground(on ?? null, '::after')],
        off: [ground(off ?? null, '::before'), ground(off ?? null, '::after')],
        places: [ground(current ?? null), ground(other ?? null)],
        slider: slider === null ? '' : getComputedStyle(slider).forcedColorAdjust,
        chip: ground(document.querySelector('article .color-chip')),
      };
    });
    for (const [first, second] of [drawn.on, drawn.off, drawn.places]) {
      expect(first).not.toBe(second);
    }
    expect(drawn.on[0]).not.toBe(drawn.off[0]);
    expect(drawn.slider).toBe('none');
    expect(drawn.chip).not.toBe('');
  });
});
