import { expect, it } from 'vitest';
import { FakeSite } from '../../testing/fake-site.ts';
import { LAMP_THING } from '../../testing/fake-things.ts';
import { markupInSite, textOf } from '../../testing/render-in-site.tsx';
import { UnitView } from './unit-view.tsx';

/** The page of a lamp as it is opened. */
function page(): string {
  const site = new FakeSite('Home');
  const base = site.addBase('Cellar', 'online');
  const unit = site.addUnit(base, { name: 'Lamp', place: '', thing: LAMP_THING });
  return markupInSite(site, <UnitView unitId={unit.id} />);
}

it('has what the unit is for first, and its board folded away', () => {
  const text = textOf(page());
  expect(text).not.toMatch(/Set pin|Restart…|MAC address/);
  expect(text).toMatch(/Brightness.*History.*Board hardware.*Facts, pins/);
  expect(page()).toContain('aria-expanded="false" aria-label="Show the board hardware"');
});

it('names every control with its unit, since on the board all lamps are "On"', () => {
  const markup = page();
  for (const name of ['On', 'Colour', 'Brightness']) {
    // The button of the colour says besides what is written on it.
    expect(markup).toMatch(new RegExp(`aria-label="Lamp: ${name}("|, )`));
  }
});
