import { expect, it } from 'vitest';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { AppError } from '#protocol/errors.ts';
import { BaseId, Epoch, newId, SiteId, UnitId } from '#protocol/ids.ts';
import { followEvents, followReadings } from './site-streams.ts';

const site = newId(SiteId);
const epoch = newId(Epoch);
const baseId = newId(BaseId);
const unit = { unitId: newId(UnitId), unitName: 'Lamp' };
const address = { host: 'lamp.test', port: 8888 };

/** The messages of a hub, which answers nothing more. */
function hubThatSends(messages: readonly (readonly [event: string, data: object])[]) {
  const text = messages.map(
    ([event, data]) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`,
  );
  const chunks = text.map((message) => new TextEncoder().encode(message));
  const read = () => Promise.resolve({ done: chunks.length === 0, value: chunks.shift() });
  const body = { getReader: () => ({ read, cancel: () => Promise.resolve() }) };
  return { http: { stream: () => Promise.resolve(body) }, clock: new ManualClock() };
}

async function firstOf<T>(stream: AsyncIterable<T>, count: number): Promise<T[]> {
  const found: T[] = [];
  for await (const one of stream) {
    found.push(one);
    if (found.length === count) break;
  }
  return found;
}

const event = (type: string, v: number, data: object, more: object = {}) =>
  [
    type,
    {
      site,
      epoch,
      rev: 1,
      type,
      v,
      at: '2026-01-01T00:00:00.000Z',
      actor: { kind: 'hub' },
      data,
      ...more,
    },
  ] as const;

it('reads what an earlier hub sends in the present version', async () => {
  const deps = hubThatSends([
    ['opened', { epoch, rev: 1, readings: 0 }],
    event('unit.added', 1, { ...unit, place: '', baseId, address }),
    event('unit.removed', 1, { ...unit, baseId }),
  ]);
  expect(await firstOf(followEvents(deps, site, {}), 3)).toMatchObject([
    { type: 'opened', epoch, rev: 1 },
    { type: 'unit.added', v: 2, data: { endpoint: { kind: 'base', baseId, address } } },
    { type: 'unit.removed', v: 2, data: { baseId } },
  ]);
});

it('ignores fields of a later hub, and passes on what it does not know', async () => {
  const later = event('unit.removed', 3, { unit: unit.unitId });
  const deps = hubThatSends([
    event('site.changed', 1, { name: 'Home', color: 'red' }, { region: 'north' }),
    later,
    event('garden.watered', 1, {}),
    ['not-recovered', { epoch, rev: 9, readings: 0, reason: 'expired', next: 5, more: 1 }],
  ]);
  const [known, ...others] = await firstOf(followEvents(deps, site, {}), 4);
  expect(known).toMatchObject({ type: 'site.changed', data: { name: 'Home' } });
  expect(JSON.stringify(known)).not.toMatch(/red|north/);
  expect(others).toMatchObject([
    { type: 'unknown', event: 'unit.removed', data: later[1] },
    { type: 'unknown', event: 'garden.watered' },
    { type: 'gap', reason: 'expired', next: 5 },
  ]);
});

it('says of a hub without readings in their order that it has none', async () => {
  const http = { stream: () => Promise.reject(new AppError('not_found')) };
  const readings = followReadings({ http, clock: new ManualClock() }, site, {});
  await expect(firstOf(readings, 1)).rejects.toMatchObject({ code: 'not_found' });
});
