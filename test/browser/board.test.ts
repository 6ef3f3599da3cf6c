import type { Locator, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { FakeSite } from '../../dashboard/testing/fake-site.ts';
import {
  LAMP_THING,
  LIGHT_SENSOR_THING,
  WORKBENCH_THING,
} from '../../dashboard/testing/fake-things.ts';
import type { Role } from '#protocol/access/roles.ts';
import { CommandId, newId } from '#protocol/ids.ts';
import type { ThingDescription } from '#protocol/thing/thing-description.ts';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { until } from '#platform/testing/until.ts';
import { openPage } from './browser.ts';
import { canOpenDashboard, startFakeDashboard } from './fake-dashboard.ts';

const UNSPEAKABLE = 666.6;

/** A board with two lamps and a sensor in one row. */
async function arrange({ role = 'owner' }: { role?: Role } = {}) {
  const fake = await startFakeDashboard(atTestEnd, new FakeSite('Home', role));
  const { site } = fake;
  const base = site.addBase('Cellar');
  const add = (
    name: string,
    thing: ThingDescription,
    reported: Record<string, number | boolean | string>,
  ) => site.addUnit(base, { name, place: 'Hall', thing, reported });
  const lamp = add('Lamp', LAMP_THING, { on: false, color: '#ff8800', brightness: 50 });
  const other = add('A lamp with a name that is far too long for any tile', LAMP_THING, {
    on: true,
  });
  const sensor = add('Window', LIGHT_SENSOR_THING, { illuminance: 23 });
  const { page, complaints } = await openPage(atTestEnd);
  return { ...fake, base, lamp, other, sensor, page, complaints, add };
}

/** The heights that the tiles had, each time they were drawn. */
function watchHeights(page: Page) {
  return page.evaluateHandle(() => {
    const seen = new Set<string>();
    const note = () => {
      const cells = [...document.querySelectorAll('.place-tile')];
      seen.add(cells.map((cell) => Math.round(cell.getBoundingClientRect().height)).join(' '));
      requestAnimationFrame(note);
    };
    note();
    return seen;
  });
}

/** How far up and down from its middle a press still reaches it. */
async function pressableHeight(target: Locator): Promise<number> {
  return target.evaluate((element) => {
    // Clear of the bars at the top and at the bottom.
    element.scrollIntoView({ block: 'center' });
    const { left, top, width, height } = element.getBoundingClientRect();
    const x = left + width / 2;
    const middle = top + height / 2;
    const reaches = (y: number) => element.contains(document.elementFromPoint(x, y));
    let [up, down] = [0, 0];
    while (up < 50 && reaches(middle - up - 1)) up += 1;
    while (down < 50 && reaches(middle + down + 1)) down += 1;
    return up + down + 1;
  });
}

const tileOf = (page: Page, name: string) => page.getByRole('article', { name, exact: true });

describe.skipIf(!canOpenDashboard)('the board (needs chromium and npm run build)', () => {
  it('opens a unit from anywhere on its tile, and from no control in it', async () => {
    const { url, page, lamp, complaints } = await arrange();
    await page.goto(url);
    const tile = tileOf(page, 'Lamp');
    await tile.getByRole('switch').click();
    await tile.getByRole('button', { name: /Colour/ }).click();
    await page.getByRole('dialog').getByRole('button').first().click();
    await page.keyboard.press('Escape');
    await tile.getByRole('slider').click();
    expect(new URL(page.url()).pathname).toBe('/');
    await tile.getByText('Reported', { exact: true }).click();
    await page.waitForURL(`${url}/units/${lamp.id}`);
    expect(complaints).toEqual([]);
  });

  it('cuts a long name with an ellipsis', async () => {
    const { url, page } = await arrange();
    await page.goto(url);
    const name = page.getByRole('link', { name: /far too long/ });
    await name.waitFor();
    const style = await name.evaluate((link) => {
      const { textOverflow, display } = getComputedStyle(link);
      return { textOverflow, display, isCut: link.scrollWidth > link.clientWidth };
    });
    expect(style).toEqual({ textOverflow: 'ellipsis', display: 'block', isCut: true });
  });

  it('keeps the height of its rows while commands come and go', async () => {
    const { url, page, site } = await arrange();
    site.slowness = 40;
    await page.goto(url);
    const tile = tileOf(page, 'Lamp');
    await tile.waitFor();
    const heights = await watchHeights(page);
    await tile.getByRole('switch').click();
    await tile.getByText(/Done in/).waitFor();
    await tile.getByText(/Done in/).waitFor({ state: 'detached' });
    expect(await heights.evaluate((seen) => [...seen])).toHaveLength(1);
  });

  it('keeps it for unknown controls, for refusals, and for several values', async () => {
    const { url, page, site, base, add } = await arrange();
    add('Bench', WORKBENCH_THING, {});
    // The request stays pending for as long as the test looks.
    site.putBase({ ...base, presence: { ...base.presence, state: 'offline' } });
    await page.goto(url);
    const [lamp, bench] = [tileOf(page, 'Lamp'), tileOf(page, 'Bench')];
    await bench.getByText('Base offline').waitFor();
    const heights = await watchHeights(page);
    await lamp.getByRole('switch').click();
    await lamp.getByRole('slider').press('ArrowRight');
    await bench.getByRole('switch').click();
    await lamp.getByText(/2 values requested/).waitFor();
    await bench.getByText(/Relay: requested/).waitFor();
    site.refusal = 'unit_busy';
    site.putBase(base);
    await bench.getByRole('switch').click();
    await bench.getByRole('alert').waitFor();
    expect(await heights.evaluate((seen) => [...seen])).toHaveLength(1);
  });

  it('marks a value that is currently unknown as the last known one', async () => {
    const { url, page, site, base, sensor } = await arrange();
    await page.goto(url);
    const tile = tileOf(page, 'Window');
    await tile.waitFor();
    expect(await tile.getByText(/last known/).count()).toBe(0);
    site.putBase({ ...base, presence: { ...base.presence, state: 'offline' } });
    await tile.getByText(/last known/).waitFor();
    await tileOf(page, 'Lamp').getByText('Last reported').waitFor();
    await page.goto(`${url}/units/${sensor.id}`);
    await page
      .getByRole('region', { name: 'Properties' })
      .getByText(/Last known/i)
      .waitFor();
  });

  it('gives all values of a property as many decimals', async () => {
    const { url, page, site, sensor } = await arrange();
    await page.goto(url);
    const value = tileOf(page, 'Window').getByTestId('value-illuminance');
    await value.waitFor();
    site.measure(sensor.id, 'illuminance', 22.5);
    await until('a half is shown', async () => (await value.textContent())?.startsWith('22.5'));
    site.measure(sensor.id, 'illuminance', 23);
    await until('a whole has a decimal', async () =>
      (await value.textContent())?.startsWith('23.0'),
    );
  });

  it('shows a unit whose words are those of every object', async () => {
    const { url, page, add, complaints } = await arrange();
    const number = {
      ...({ type: 'number', unit: 'constructor', readOnly: true, writeOnly: false } as const),
      ...{ observable: true, idempotent: true, 'sb:pid': 1 },
    };
    const thing: ThingDescription = {
      ...LIGHT_SENSOR_THING,
      properties: { constructor: number, toString: { ...number, 'sb:pid': 2 } },
    };
    const unit = add('Strange', thing, {});
    await page.goto(url);
    await tileOf(page, 'Strange').waitFor();
    await page.goto(`${url}/units/${unit.id}`);
    await page.getByRole('heading', { name: 'Strange' }).waitFor();
    await page.getByRole('region', { name: 'Properties' }).getByText('toString').waitFor();
    expect(complaints).toEqual([]);
  });

  it('loses one tile, or one page, to what cannot be drawn, and shows a way on', async () => {
    const { url, page, site, sensor } = await arrange();
    await page.addInitScript((value) => {
      Object.defineProperty(Intl.NumberFormat.prototype, 'format', {
        get(this: Intl.NumberFormat) {
          return (number: number): string => {
            if (number === value) throw new RangeError('unspeakable');
            return this.formatToParts(number)
              .map((part) => part.value)
              .join('');
          };
        },
      });
    }, UNSPEAKABLE);
    await page.goto(url);
    await tileOf(page, 'Window').getByTestId('value-illuminance').waitFor();
    site.measure(sensor.id, 'illuminance', UNSPEAKABLE);
    await tileOf(page, 'Window').getByText('cannot be shown here').waitFor();
    await tileOf(page, 'Lamp').getByRole('switch').click();
    await tileOf(page, 'Window').getByRole('link').click();
    await page.getByRole('heading', { name: 'This page cannot be shown' }).waitFor();
    site.measure(sensor.id, 'illuminance', 7);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('heading', { name: 'Window' }).waitFor();
  });

  it('offers a member nothing that the hub would refuse', async () => {
    const { url, page, lamp } = await arrange({ role: 'member' });
    await page.goto(`${url}/units/${lamp.id}`);
    await page.getByRole('heading', { name: 'Lamp' }).waitFor();
    expect(await page.getByRole('button', { name: 'Edit' }).count()).toBe(0);
    expect(await page.getByRole('link', { name: 'Add' }).count()).toBe(0);
    await page.goto(`${url}/add/unit`);
    await page.getByRole('heading', { name: 'Your role does not allow this' }).waitFor();
    await page.goto(`${url}/settings`);
    await page.getByRole('region', { name: 'Bases' }).getByText('Cellar').waitFor();
    for (const name of ['Rename', 'Remove…', 'Invite']) {
      expect(await page.getByRole('button', { name }).count()).toBe(0);
    }
    await page.getByRole('region', { name: 'Certificate of this hub' }).getByRole('link').waitFor();
  });

  it('says of a waiting command how long so far, and lets it be cancelled', async () => {
    const { url, page, site, base, lamp } = await arrange();
    site.putBase({ ...base, presence: { ...base.presence, state: 'offline' } });
    const { id } = site.send(lamp, { verb: 'set', affordance: 'on', input: true });
    await page.goto(`${url}/commands/${id}`);
    await page.getByText(/So far/).waitFor();
    expect(await page.getByText(/end to end/).count()).toBe(0);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText(/In total/).waitFor();
  });

  it('shows an invitation only under the members of its site', async () => {
    const { url, page, hub, site } = await arrange();
    const other = new FakeSite('Workshop');
    hub.addSite(other);
    await page.goto(`${url}/settings`);
    const members = page.getByRole('region', { name: 'Members' });
    await members.getByRole('button', { name: 'Invite' }).click();
    await members.getByText(/It works once/).waitFor();
    for (const { id, name } of [other.site, site.site]) {
      await page.getByRole('combobox', { name: 'Site', exact: true }).selectOption(id);
      await page
        .getByRole('textbox', { name: 'Name of this site' })
        .and(page.locator(`[value="${name}"]`))
        .waitFor();
      await members.getByText('ada@example.org').waitFor();
      expect(await members.getByText(/It works once/).count()).toBe(0);
    }
  });

  it('shows a way back from an unknown command', async () => {
    const { url, page } = await arrange();
    await page.goto(`${url}/commands/${newId(CommandId)}`);
    await page.getByRole('heading', { name: 'No such command' }).waitFor();
    await page.getByRole('button', { name: 'Go to the board' }).click();
    await tileOf(page, 'Lamp').waitFor();
  });

  it('keeps the field for a colour clear of the tabs on a phone', async () => {
    const { url, page } = await arrange();
    await page.setViewportSize({ width: 360, height: 640 });
    await page.goto(url);
    for (const name of ['Lamp', /far too long/]) {
      const tile = page.getByRole('article', { name, ...(name === 'Lamp' ? { exact: true } : {}) });
      await tile.getByRole('button', { name: /Colour/ }).click();
      const field = page.getByRole('dialog').getByRole('textbox');
      await field.scrollIntoViewIfNeeded();
      await field.click();
      const isOnTop = await field.evaluate((input) => {
        const { left, top, width, height } = input.getBoundingClientRect();
        return document.elementFromPoint(left + width / 2, top + height / 2) === input;
      });
      expect(isOnTop).toBe(true);
      await page.keyboard.press('Escape');
    }
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBeLessThanOrEqual(360);
  });

  it('gives each control on a phone the height of a thumb', async () => {
    const { url, page, site, base } = await arrange();
    site.putBase({ ...base, presence: { ...base.presence, state: 'offline' } });
    await page.setViewportSize({ width: 360, height: 740 });
    await page.goto(url);
    const lamp = tileOf(page, 'Lamp');
    await lamp.getByRole('switch').click();
    await lamp.getByText(/On: requested/).waitFor();
    const targets = [
      lamp.getByRole('switch'),
      lamp.getByRole('slider'),
      lamp.getByRole('button', { name: /Colour/ }),
      lamp.getByRole('link', { name: 'Lamp', exact: true }),
      lamp.getByRole('link', { name: 'Details' }),
      lamp.getByRole('link', { name: 'At the hub' }),
      page.getByRole('navigation').getByRole('link', { name: 'Settings' }),
    ];
    for (const target of targets) {
      expect(await pressableHeight(target), String(target)).toBeGreaterThanOrEqual(44);
    }
  });

  it('says at the field what is wrong with an address, as the hub would', async () => {
    const { url, page, hub } = await arrange();
    hub.signedIn = false;
    hub.signUp = 'setup';
    await page.goto(url);
    await page.getByLabel('One-time code').fill('X');
    await page.getByLabel('Name').fill('Ada');
    await page.getByLabel('E-mail').fill('ada@example');
    await page.getByLabel('Password').first().fill('a lamp in the window');
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByText('A full address, like ada@example.org').waitFor();
    expect(await page.getByText('internal').count()).toBe(0);
    // Its error is read out with it.
    expect(await page.evaluate(() => document.activeElement?.getAttribute('type'))).toBe('email');
    await page.getByLabel('E-mail').fill('ada@example.org');
    await page.getByRole('button', { name: 'Create account' }).click();
    await tileOf(page, 'Lamp').waitFor();
  });
});
