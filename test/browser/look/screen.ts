import type { Page } from 'playwright-core';
import type { FakeHub } from '../../../dashboard/testing/fake-hub.ts';
import { FakeSite } from '../../../dashboard/testing/fake-site.ts';
import { furnish, type Scenario } from '../../../dashboard/testing/furnish.ts';
import type { Command } from '#protocol/command/command.ts';
import type { Role } from '#protocol/access/roles.ts';
import type { UnitView } from '#protocol/http/units.ts';
import { UserId, newId } from '#protocol/ids.ts';
import type { ScalarValue } from '#protocol/thing/data-schema.ts';
import { until } from '#platform/testing/until.ts';

/** A page, and the hub in memory that it looks at. */
export interface ScreenFixture {
  readonly hub: FakeHub;
  readonly site: FakeSite;
  readonly page: Page;
}

export type Step = (fixture: ScreenFixture) => Promise<void>;

/** One of the things that a person gets to see. */
export interface Screen {
  readonly name: string;
  readonly scenario?: Scenario;
  readonly role?: Role;
  /** Before the page is opened. */
  readonly arrange?: (fixture: ScreenFixture) => void;
  /** The address without its origin. */
  readonly path?: (fixture: ScreenFixture) => string;
  /** The steps there, until everything is shown. */
  readonly show?: Step;
}

export function siteOf({ role = 'owner', scenario = 'home' }: Screen): FakeSite {
  const site = new FakeSite('Home', role);
  // Nothing moves while it is looked at.
  furnish(site, scenario, () => undefined);
  return site;
}

export function unitNamed({ site }: Pick<ScreenFixture, 'site'>, name: string): UnitView {
  const unit = [...site.units.values()].find((one) => one.name === name);
  if (!unit) throw new Error(`there is no ${name}`);
  return unit;
}

export const press =
  (name: string | RegExp): Step =>
  async ({ page }) => {
    await page.getByRole('button', { name }).first().click();
  };

export const text =
  (words: string | RegExp): Step =>
  async ({ page }) => {
    await page.getByText(words).first().waitFor();
  };

export const inOrder =
  (...steps: readonly Step[]): Step =>
  async (fixture) => {
    for (const step of steps) await step(fixture);
  };

export const unitPage =
  (name: string) =>
  (fixture: ScreenFixture): string =>
    `/units/${unitNamed(fixture, name).id}`;

export function send(
  fixture: ScreenFixture,
  name: string,
  [affordance, input]: readonly [string, ScalarValue],
): Command {
  return fixture.site.send(unitNamed(fixture, name), { verb: 'set', affordance, input });
}

/** Until what was sent has ended. */
export const ended: Step = async ({ site }) => {
  await until('all commands have ended', () =>
    [...site.commands.values()].every(({ command }) => command.endedAt !== null),
  );
};

/** What a family does in a day, and what goes wrong. */
export function liveThrough(fixture: ScreenFixture): void {
  const { site } = fixture;
  site.happen({ type: 'site.changed', data: { name: 'Home' } });
  site.happen({
    type: 'member.added',
    data: { userId: newId(UserId), userName: 'Ben', role: 'member' },
  });
  for (const input of [10, 20, 40, 60, 80]) send(fixture, 'Reading lamp', ['brightness', input]);
  send(fixture, 'Shelf strip', ['color', '#ff8800']);
  const lamp = unitNamed(fixture, 'Gate lamp');
  const away = { ...lamp.presence, code: 'unit_timeout' as const };
  for (const state of ['ready', 'lost', 'ready', 'lost'] as const) {
    site.putUnit({ ...lamp, presence: { ...away, state } });
  }
  const [base] = site.bases.values();
  if (!base) return;
  site.putBase({ ...base, presence: { ...base.presence, state: 'offline' } });
  site.putBase(base);
}
