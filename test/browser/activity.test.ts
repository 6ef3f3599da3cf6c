import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { FakeSite } from '../../dashboard/testing/fake-site.ts';
import { LAMP_THING } from '../../dashboard/testing/fake-things.ts';
import type { EventSaid } from '#protocol/events/event-outcome.ts';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { until } from '#platform/testing/until.ts';
import { Epoch, newId, UnitId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import { openPage, type PageOptions } from './browser.ts';
import { canOpenDashboard, startFakeDashboard } from './fake-dashboard.ts';
import { traceTasks } from './main-thread.ts';

const MAX_ROWS = 500;
const STORED = 10_000;
const MAX_TASK_MS = 500;

async function arrange(options: PageOptions = {}) {
  const fake = await startFakeDashboard(atTestEnd, new FakeSite('Home'));
  const base = fake.site.addBase('Cellar');
  const lamp = fake.site.addUnit(base, {
    ...{ name: 'Lamp', place: 'Hall', thing: LAMP_THING },
    reported: { on: false, color: '#ff8800', brightness: 50 },
  });
  const { page, complaints } = await openPage(atTestEnd, options);
  return { ...fake, base, lamp, page, complaints };
}

const rowsOf = (page: Page) => page.locator('.activity-row');

/** The text of each row, without what depends on the present time. */
const textsOf = async (page: Page): Promise<string[]> =>
  await rowsOf(page).evaluateAll((rows) =>
    rows.map((row) => {
      const said = row.querySelector('.activity-said')?.textContent ?? '';
      const signal = row.querySelector('.activity-signal')?.textContent ?? '';
      const notes = [...row.querySelectorAll('.activity-count')].map(
        ({ textContent }) => textContent,
      );
      return [said, signal, ...notes].join(' | ');
    }),
  );

function renamed(index: number): EventSaid {
  return {
    type: 'unit.changed',
    data: { unitId: LONE_UNIT, unitName: `Unit ${index}`, changes: { place: `Room ${index}` } },
  };
}
const LONE_UNIT = newId(UnitId);

describe.skipIf(!canOpenDashboard)('the activity (needs chromium and npm run build)', () => {
  it('shows what two people did as it happens, and the same rows after a reload', async () => {
    const { url, site, lamp, page, complaints } = await arrange();
    const { page: other } = await openPage(atTestEnd);
    await page.goto(`${url}/activity`);
    await page.getByText('Nothing has happened yet').waitFor();
    await other.goto(`${url}/units/${lamp.id}`);
    const properties = other.getByRole('region', { name: 'Properties' });
    const slider = properties.getByRole('slider');
    await slider.focus();
    for (let step = 0; step < 4; step += 1) await slider.press('ArrowRight');
    await page.getByText('Brightness to').first().waitFor();
    await other.getByRole('switch').first().click();
    await page.getByText('Turn on').waitFor();
    const away = { ...lamp.presence, state: 'lost', code: 'unit_timeout' } as const;
    for (const state of ['lost', 'ready', 'lost', 'ready'] as const) {
      const unit = site.units.get(lamp.id);
      if (unit) site.putUnit({ ...unit, presence: { ...away, state } });
    }
    const presence = rowsOf(page).filter({ hasText: 'Presence' });
    await presence.getByText('4 changes').waitFor();
    await until('all commands have ended', async () => {
      const texts = await textsOf(page);
      return texts.filter((text) => text.includes('Done')).length === 2;
    });
    const before = await textsOf(page);
    // The drag, the switch, the presence: one row of each.
    expect(before).toHaveLength(3);
    await page.reload();
    await rowsOf(page).first().waitFor();
    expect(await textsOf(page)).toEqual(before);
    await other.goto(`${url}/activity`);
    await rowsOf(other).first().waitFor();
    expect(await textsOf(other)).toEqual(before);
    expect(complaints).toEqual([]);
  });

  it('opens a row of many, and leads to its unit and its command', async () => {
    const { url, site, lamp, page } = await arrange();
    for (const input of [10, 20, 30]) {
      site.send(lamp, { verb: 'set', affordance: 'brightness', input });
    }
    await page.goto(`${url}/activity`);
    const row = rowsOf(page).first();
    await row.getByText('3 times').waitFor();
    await row.getByText('by Ada').waitFor();
    const more = row.getByRole('button', { name: 'Show all 3 of Lamp' });
    await more.focus();
    await page.keyboard.press('Enter');
    expect(await row.getByRole('button').getAttribute('aria-expanded')).toBe('true');
    expect(await row.locator('.activity-steps > li').count()).toBe(3);
    await row.locator('.activity-steps').getByRole('link', { name: 'Brightness to 10 %' }).click();
    await page.waitForURL(/\/commands\//);
    await page.goBack();
    await rowsOf(page).first().getByRole('link', { name: 'Lamp' }).first().click();
    await page.waitForURL(`${url}/units/${lamp.id}`);
    await page.getByRole('link', { name: 'All activity of this unit' }).click();
    await page.waitForURL(`${url}/activity?unit=${lamp.id}`);
  });

  it('keeps its filters in the address, and says when nothing fits', async () => {
    const { url, site, lamp, page } = await arrange();
    site.refusal = 'unit_busy';
    site.send(lamp, { verb: 'set', affordance: 'on', input: true });
    site.happen({ type: 'site.changed', data: { name: 'Cottage' } });
    await page.goto(`${url}/activity`);
    await page.getByText('is the new name of this site').waitFor();
    await page.getByRole('combobox', { name: 'Outcome' }).selectOption('Problems');
    await page.waitForURL(`${url}/activity?outcome=failed`);
    await page.getByText('unit_busy').waitFor();
    await page.getByText('is the new name of this site').waitFor({ state: 'detached' });
    await page.reload();
    await page.getByText('unit_busy').waitFor();
    expect(await rowsOf(page).count()).toBe(1);
    await page.getByRole('combobox', { name: 'Kind' }).selectOption('Values');
    await page.getByText('No matching events').waitFor();
    await page.goBack();
    await page.getByText('unit_busy').waitFor();
    await page.getByRole('combobox', { name: 'Person' }).selectOption('Ada');
    await page.getByText('unit_busy').waitFor();
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.getByText('is the new name of this site').waitFor();
  });

  it('says what is not there: the hub, the connection, what was removed, what was missed', async () => {
    const { url, hub, site, page } = await arrange();
    const old = toInstant(Date.now() - 20 * 86_400_000);
    site.happen({ type: 'site.changed', at: old, data: { name: 'Old' } });
    site.floor = site.rev;
    site.happen({ type: 'site.changed', data: { name: 'Cottage' } });
    await page.goto(`${url}/activity`);
    await page.getByText(/Events are kept for a week/).waitFor();
    await page.getByText('No older events.').waitFor();
    hub.eventsFailure = 'overloaded';
    await page.getByRole('combobox', { name: 'Kind' }).selectOption('Commands');
    await page.getByText('The activity could not be loaded.').waitFor();
    delete hub.eventsFailure;
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('No matching events').waitFor();
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.getByText('Cottage').waitFor();
    // Another life of the events, as after a copy was put back.
    site.epoch = newId(Epoch);
    site.happen({ type: 'site.changed', data: { name: 'Barn' } });
    site.announce();
    await page.getByText('The hub was restored from a backup').waitFor();
    await page.getByText('Barn').waitFor();
    hub.failure = 'not_ready';
    hub.dropSockets();
    await page.getByText(/^Not live/).waitFor();
  });

  it('goes through ten thousand events with no more rows than it may have, and stays quick', async () => {
    const { url, hub, site, page, complaints } = await arrange({ alone: true });
    for (let index = 0; index < STORED; index += 1) site.happen(renamed(index));
    await page.goto(`${url}/activity`);
    await rowsOf(page).first().waitFor();
    const endTrace = await traceTasks(page);
    const most: number[] = [];
    for (let pages = 0; pages < 14; pages += 1) {
      const last = await rowsOf(page).last().textContent();
      await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
      await until('older ones', async () => (await rowsOf(page).last().textContent()) !== last);
      most.push(await rowsOf(page).count());
    }
    const longestMs = await endTrace();
    expect(Math.max(...most)).toBeLessThanOrEqual(MAX_ROWS);
    expect(most.at(-1)).toBeGreaterThan(MAX_ROWS / 2);
    console.log(`longest task ${Math.round(longestMs)} ms with ${most.at(-1) ?? 0} rows`);
    // None at all would be a trace that shows nothing.
    expect(longestMs).toBeGreaterThan(0);
    expect(longestMs).toBeLessThan(MAX_TASK_MS);
    await page.getByRole('button', { name: 'Back to the newest' }).click();
    await page.getByText(`Room ${STORED - 1}`).waitFor();
    // A flood of new events is fetched once a second, not once per event.
    const before = hub.eventRequests;
    for (let index = 0; index < 300; index += 1) {
      site.happen(renamed(STORED + index));
      site.announce();
    }
    await page.getByText(`Room ${STORED + 299}`).waitFor();
    expect(hub.eventRequests - before).toBeLessThan(20);
    expect(await rowsOf(page).count()).toBeLessThanOrEqual(MAX_ROWS);
    expect(complaints).toEqual([]);
  });

  it('fits a phone, with room for a thumb', async () => {
    const { url, site, lamp, page } = await arrange();
    for (const input of [10, 20]) site.send(lamp, { verb: 'set', affordance: 'brightness', input });
    await page.setViewportSize({ width: 360, height: 640 });
    await page.goto(`${url}/activity`);
    await rowsOf(page).first().waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
      360,
    );
    const box = await page.getByRole('button', { name: /Show both/ }).boundingBox();
    expect(box?.height).toBeGreaterThanOrEqual(44);
  });
});
