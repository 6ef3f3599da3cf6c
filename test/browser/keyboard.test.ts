import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { FakeSite } from '../../dashboard/testing/fake-site.ts';
import { furnish } from '../../dashboard/testing/furnish.ts';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { until } from '#platform/testing/until.ts';
import { openPage } from './browser.ts';
import { canOpenDashboard, startFakeDashboard } from './fake-dashboard.ts';

const MAX_TABS = 60;

async function arrange() {
  const site = new FakeSite('Home');
  furnish(site, 'home', () => undefined);
  const fake = await startFakeDashboard(atTestEnd, site);
  const { page, complaints } = await openPage(atTestEnd);
  return { ...fake, page, complaints };
}

interface Focused {
  readonly name: string;
  readonly isSeen: boolean;
  readonly isNowhere: boolean;
}

/** What has the focus: its name, and whether that can be seen. */
async function focused(page: Page): Promise<Focused> {
  return await page.evaluate(() => {
    const element = document.activeElement ?? document.body;
    const isRinged = (pseudo?: string): boolean => {
      const { outlineStyle, outlineWidth } = getComputedStyle(element, pseudo);
      return outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 1;
    };
    return {
      name: element.getAttribute('aria-label') ?? element.textContent.trim(),
      isSeen: isRinged() || isRinged('::before'),
      isNowhere: element === document.body,
    };
  });
}

/**
 * Presses the key until an element of this name has the focus; each one on the way must show
 * it.
 */
async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  for (let count = 0; count < MAX_TABS; count += 1) {
    await page.keyboard.press('Tab');
    const now = await focused(page);
    // Past the last one the browser itself has it.
    if (now.isNowhere) continue;
    expect(now.isSeen, `the focus on ${now.name}`).toBe(true);
    if (typeof name === 'string' ? now.name === name : name.test(now.name)) return;
  }
  throw new Error(`no way by Tab to ${String(name)}`);
}

describe.skipIf(!canOpenDashboard)('the keyboard alone (needs chromium and npm run build)', () => {
  it('goes the daily ways: a lamp, its colour, a unit, its history, and back', async () => {
    const { url, site, page, complaints } = await arrange();
    await page.goto(url);
    await page.getByRole('article', { name: 'Reading lamp' }).waitFor();
    await page.keyboard.press('Tab');
    expect((await focused(page)).name).toBe('Skip to content');
    await page.keyboard.press('Enter');
    await tabTo(page, 'Reading lamp: On');
    await page.keyboard.press('Space');
    const lamp = [...site.units.values()].find(({ name }) => name === 'Reading lamp');
    const reported = (property: string) => site.units.get(lamp?.id ?? '')?.reported[property];
    await until('the lamp is off', () => reported('on')?.value === false);
    await tabTo(page, 'Reading lamp: Colour');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await tabTo(page, 'Blue');
    await page.keyboard.press('Enter');
    await until('the lamp is blue', () => reported('color')?.value === '#0000ff');
    await page.keyboard.press('Escape');
    expect((await focused(page)).name).toBe('Reading lamp: Colour');
    await tabTo(page, 'Reading lamp: Brightness');
    await page.keyboard.press('ArrowRight');
    await until('the lamp is brighter', () => reported('brightness')?.value === 81);

    await page.keyboard.press('/');
    await page.keyboard.type('window');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Window light' }).waitFor();
    await tabTo(page, '24 h');
    await page.keyboard.press('Enter');
    await page.getByText(/the mean of/).waitFor();
    await tabTo(page, 'Earlier');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Back to live' }).waitFor();
    await tabTo(page, 'Back to live');
    await page.keyboard.press('Enter');
    await page.keyboard.press('b');
    await page.getByRole('article', { name: 'Reading lamp' }).waitFor();
    expect(complaints).toEqual([]);
  });

  it('moves a tile by keys and by a drag, and keeps the order over a reload', async () => {
    const { url, hub, page } = await arrange();
    const order = async (): Promise<string[]> =>
      await page
        .getByRole('region', { name: 'Living room' })
        .getByRole('article')
        .getByRole('heading')
        .allTextContents();
    await page.goto(url);
    await page.getByRole('article', { name: 'Window light' }).waitFor();
    expect(await order()).toEqual(['Reading lamp', 'Shelf strip', 'Window light']);
    const handle = page.getByRole('button', { name: 'Move Reading lamp' });
    await handle.focus();
    await page.keyboard.press('ArrowRight');
    await page.getByText('Moved to place 2 of 3').waitFor();
    // The focus moves with it.
    await page.keyboard.press('ArrowRight');
    await page.getByText('Moved to place 3 of 3').waitFor();
    const moved = ['Shelf strip', 'Window light', 'Reading lamp'];
    expect(await order()).toEqual(moved);
    await until('the hub has both', () => hub.layouts.length === 2);
    await page.reload();
    await page.getByRole('article', { name: 'Window light' }).waitFor();
    expect(await order()).toEqual(moved);
    await handle.hover();
    await page.mouse.down();
    await page.getByRole('article', { name: 'Shelf strip' }).hover();
    await page.mouse.up();
    await until('the hub has the drag', () => hub.layouts.length === 3);
    expect((await order())[0]).toBe('Reading lamp');
  });

  it('begins each page at its top, with the focus in it, and finds its place again on the way back', async () => {
    const { url, page } = await arrange();
    await page.setViewportSize({ width: 390, height: 600 });
    await page.goto(url);
    const link = page.getByRole('link', { name: 'Window light' });
    await link.scrollIntoViewIfNeeded();
    const scrolled = () => page.evaluate(() => window.scrollY);
    const before = await scrolled();
    expect(before).toBeGreaterThan(300);
    await link.click();
    await page.getByRole('heading', { name: 'Window light' }).waitFor();
    await until('the page is at its top', async () => (await scrolled()) === 0);
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('content');
    await page.goBack();
    await link.waitFor();
    await until('the board is where it was', async () => (await scrolled()) > 300);
  });

  it('leaves a question by Cancel or Escape, with the focus where it was asked', async () => {
    const { url, page } = await arrange();
    await page.goto(`${url}/settings`);
    const revoke = page.getByRole('button', { name: 'Revoke Node-RED' });
    await revoke.focus();
    for (const leave of [['Tab', 'Enter'], ['Escape']]) {
      await page.keyboard.press('Enter');
      await page.getByRole('group', { name: 'Revoke Node-RED?' }).waitFor();
      expect((await focused(page)).name).toBe('Revoke Node-RED');
      for (const key of leave) await page.keyboard.press(key);
      await page.getByRole('group', { name: 'Revoke Node-RED?' }).waitFor({ state: 'detached' });
      expect((await focused(page)).name).toBe('Revoke Node-RED');
    }
  });

  it('asks about a removal alone, so that there is one Cancel at a time', async () => {
    const { url, page } = await arrange();
    await page.goto(url);
    await page.getByRole('link', { name: 'Reading lamp', exact: true }).click();
    await page.getByRole('button', { name: 'Edit' }).click();
    const form = page.getByRole('form', { name: 'Edit the unit' });
    await form.getByRole('button', { name: /^Remove/ }).click();
    await form.getByRole('group').waitFor();
    expect(await form.getByRole('button').allTextContents()).toEqual([
      'Remove Reading lamp and its history',
      'Cancel',
    ]);
    await page.keyboard.press('Escape');
    await form.getByRole('button', { name: 'Save' }).waitFor();
    await form.getByRole('button', { name: 'Cancel' }).click();
    await form.waitFor({ state: 'detached' });
    // What was left leads back to where it was opened.
    expect((await focused(page)).name).toBe('Edit');
  });
});
