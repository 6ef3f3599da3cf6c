import { expect, it } from 'vitest';
import type { UnitLinkKind } from '#protocol/unit-link-kind.ts';
import { FakeSite } from '../../testing/fake-site.ts';
import { LAMP_THING, LINE_LAMP_THING } from '../../testing/fake-things.ts';
import { markupInSite } from '../../testing/render-in-site.tsx';
import { UnitFacts } from './unit-facts.tsx';

function factNames(link: UnitLinkKind): string[] {
  const site = new FakeSite('Home');
  const base = site.addBase('Cellar', 'online');
  const thing = link === 'frames' ? { ...LAMP_THING, properties: {} } : LINE_LAMP_THING;
  const unit = site.addUnit(base, { name: 'Lamp', place: '', thing, link });
  const markup = markupInSite(site, <UnitFacts unit={unit} base={base} />);
  return [...markup.matchAll(/<dt>([^<]*)<\/dt>/g)].map(([, name = '']) => name);
}

it('shows what a unit said of itself', () => {
  expect(factNames('frames')).toEqual([
    'Address',
    'Base',
    'Model',
    'Firmware',
    'Hardware ID',
    'Started',
    'Restart reason',
    'Connection',
  ]);
});

it('shows nothing in the name of a unit that said nothing', () => {
  expect(factNames('line-lamp')).toEqual(['Address', 'Base', 'Model', 'Protocol', 'Connection']);
});
