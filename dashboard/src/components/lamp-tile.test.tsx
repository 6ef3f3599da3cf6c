import { expect, it } from 'vitest';
import { CommandId, newId } from '#protocol/ids.ts';
import type { ThingDescription } from '#protocol/thing/thing-description.ts';
import type { UnitLinkKind } from '#protocol/unit-link-kind.ts';
import { FakeSite } from '../../testing/fake-site.ts';
import { LAMP_THING, LINE_LAMP_THING } from '../../testing/fake-things.ts';
import { markupInSite, textOf } from '../../testing/render-in-site.tsx';
import { planTile } from '../state/affordance-control.ts';
import { LampTile } from './lamp-tile.tsx';

/** The tile of a lamp whose colour was requested a minute ago. */
function tileMarkup(thing: ThingDescription, link: UnitLinkKind): string {
  const site = new FakeSite('Home');
  const base = site.addBase('Cellar', 'online');
  const unit = site.addUnit(base, { name: 'Lamp', place: '', thing, link });
  const color = {
    value: '#ff8800',
    version: 1,
    commandId: newId(CommandId),
    setAtMs: Date.now() - 60_000,
  };
  const current = { ...unit, desired: { color } };
  site.putUnit(current);
  const plan = planTile(thing);
  if (plan.kind !== 'lamp') throw new Error(`the tile is a ${plan.kind}`);
  return markupInSite(site, <LampTile unit={current} plan={plan} stale={false} />);
}

it('rings a lamp that has not reported what is wanted, and says what it reported', () => {
  const markup = tileMarkup(LAMP_THING, 'frames');
  expect(markup).toContain('data-waiting="true"');
  expect(textOf(markup)).toMatch(/Reported.*requested #ff8800never reported/);
});

it('shows of a lamp that never answers only what was requested', () => {
  const markup = tileMarkup(LINE_LAMP_THING, 'line-lamp');
  expect(markup).toContain('data-waiting="false"');
  expect(markup).toContain('data-lit="false"');
  expect(textOf(markup)).toMatch(/Colour: requested #ff8800this unit never answers/);
  expect(textOf(markup)).not.toMatch(/report/i);
});
