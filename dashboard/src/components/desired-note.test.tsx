import { expect, it } from 'vitest';
import { CommandId, newId } from '#protocol/ids.ts';
import { FakeSite } from '../../testing/fake-site.ts';
import { LAMP_THING } from '../../testing/fake-things.ts';
import { markupInSite, textOf } from '../../testing/render-in-site.tsx';
import { PropertyRow } from './property-row.tsx';

/** The row of a lamp's brightness as text, with a desired value of this age and a base that is away. */
function rowText(setAgoMs: number): string {
  const site = new FakeSite('Home');
  const base = site.addBase('Cellar', 'offline');
  const reported = { brightness: 10 };
  const unit = site.addUnit(base, { name: 'Lamp', place: '', thing: LAMP_THING, reported });
  const setAtMs = Date.now() - setAgoMs;
  const own = { value: 80, version: 1, commandId: newId(CommandId), setAtMs };
  const current = { ...unit, desired: { brightness: own } };
  site.putUnit(current);
  return textOf(markupInSite(site, <PropertyRow unit={current} name="brightness" />));
}

it('says what is wanted, what is, and what it waits for', () => {
  expect(rowText(60_000)).toMatch(
    /requested 80 %, reported 10 %.*waiting for the base to come online/,
  );
});

it('offers to cancel a waiting desired value', () => {
  expect(rowText(60_000)).toContain('Cancel');
});

it('says nothing of a desired value that may come true in the next moment', () => {
  expect(rowText(0)).not.toMatch(/wanted/);
});
