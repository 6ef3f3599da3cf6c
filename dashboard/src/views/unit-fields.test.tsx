import { renderToStaticMarkup } from 'react-dom/server';
import { expect, it } from 'vitest';
import { BaseId, newId } from '#protocol/ids.ts';
import type { UnitLinkKind } from '#protocol/unit-link-kind.ts';
import { textOf } from '../../testing/render-in-site.tsx';
import { LinkFields } from './link-fields.tsx';
import { type NewUnitDraft, readNewUnit } from './unit-fields.tsx';

const draft: NewUnitDraft = {
  name: 'Ring',
  place: 'Hall',
  host: ' 192.168.1.40 ',
  port: '8888',
  link: 'line-lamp',
};

it('a new unit is requested with its kind of link', () => {
  const baseId = newId(BaseId);
  expect(readNewUnit(baseId, draft)).toEqual({
    name: 'Ring',
    place: 'Hall',
    endpoint: {
      kind: 'base',
      baseId,
      address: { host: '192.168.1.40', port: 8888 },
      link: 'line-lamp',
    },
  });
  expect(readNewUnit(baseId, { ...draft, port: '0' })).toBeUndefined();
});

const fields = (link: UnitLinkKind) =>
  textOf(renderToStaticMarkup(<LinkFields link={link} onChange={() => undefined} />));

it('the kind is asked only for a unit with older firmware', () => {
  expect(fields('frames')).toMatch(/older firmware/);
  expect(fields('frames')).not.toMatch(/lamp/);
  expect(fields('line-sensor')).toMatch(/A sensor that sends numbers.*A lamp/);
});
