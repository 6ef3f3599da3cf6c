import { expect, it } from 'vitest';
import type { UnitLinkKind } from '#protocol/unit-link-kind.ts';
import { fakeImage, fakeRollout } from '../../testing/fake-rollout.ts';
import { FakeSite } from '../../testing/fake-site.ts';
import { LAMP_THING } from '../../testing/fake-things.ts';
import { newestFor, unitsFor } from './units-for-firmware.ts';

function arrange() {
  const site = new FakeSite('Home');
  const base = site.addBase('Cellar');
  const lamp = (name: string, link?: UnitLinkKind) =>
    site.addUnit(base, { name, place: '', thing: LAMP_THING, ...(link ? { link } : {}) });
  const [old, other] = [lamp('Shelf'), lamp('Hall')];
  lamp('Bought', 'line-lamp');
  site.addUnit(base, { name: 'New', place: '', thing: null });
  const model = old.identity?.model ?? '';
  return { site, old, other, model, all: () => [...site.units.values()] };
}

it('finds the units that an image would bring on, by their names', () => {
  const { site, old, other, model, all } = arrange();
  const image = fakeImage(site, { version: '1.0.0', model });
  expect(unitsFor(image, all()).map(({ name }) => name)).toEqual(['Hall', 'Shelf']);
  expect(unitsFor(fakeImage(site, { version: '1.0.0', model: 'relay' }), all())).toEqual([]);
  fakeRollout(site, image, [
    [old, 'confirmed'],
    [other, 'waiting'],
  ]);
  // Another rollout is about to update it.
  expect(unitsFor(image, all()).map(({ name }) => name)).toEqual(['Shelf']);
});

it('offers a unit the newest image that it would accept and that the site trusts', () => {
  const { site, old, model } = arrange();
  const images = [
    fakeImage(site, { version: '0.9.0', model }),
    fakeImage(site, { version: '0.10.0', model }),
    fakeImage(site, { version: '1.0.0', model, signature: 'untrusted' }),
  ];
  expect(newestFor(old, images)?.manifest.version).toBe('0.10.0');
  expect(newestFor(old, [fakeImage(site, { version: '0.0.1', model })])).toBeUndefined();
});
