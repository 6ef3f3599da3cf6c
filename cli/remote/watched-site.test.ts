import { describe, expect, it } from 'vitest';
import { COMMAND_STATES } from '#protocol/command/command-state.ts';
import { AppError } from '#protocol/errors.ts';
import { SiteEvent } from '#protocol/events/site-event.ts';
import { Epoch, newId, SiteId, UnitId } from '#protocol/ids.ts';
import { siteSnapshotOf, type SnapshotUnit } from '../testing/site-snapshot.ts';
import { WatchedSite } from './watched-site.ts';
import { findUnit } from './named-units.ts';
import { exitCodeOf } from './run-send.ts';

const AT = '2026-01-01T00:00:00.000Z';
const LAMP = newId(UnitId);
const OTHER = newId(UnitId);
const siteId = newId(SiteId);

const snapshotOf = (...units: readonly SnapshotUnit[]) =>
  siteSnapshotOf({ siteId, cursor: { epoch: newId(Epoch), rev: 1, readings: 0 }, units });

describe('a site that is watched', () => {
  it('has no news at first, and then what changed meanwhile', () => {
    const site = new WatchedSite(undefined);
    expect(site.apply(snapshotOf({ id: LAMP }, { id: OTHER }))).toEqual([]);
    expect(site.apply(snapshotOf({ id: LAMP }, { id: OTHER }))).toEqual([]);
    const news = site.apply(snapshotOf({ id: LAMP, level: 2, state: 'lost' }));
    expect(news.map(({ unitId, type, key, value }) => [unitId, type, key, value])).toEqual([
      [LAMP, 'value', 'level', 2],
      [LAMP, 'presence', 'presence', 'lost'],
      [OTHER, 'removed', 'unit', null],
    ]);
  });

  it('prints each stored event, and nothing twice once it is known how things stand', () => {
    const site = new WatchedSite(undefined);
    site.apply(snapshotOf({ id: LAMP, level: 1 }));
    const levels = [2, 1, 3].map((value, index) =>
      SiteEvent.parse({
        ...{ site: siteId, epoch: newId(Epoch), rev: index + 2, at: AT, v: 1 },
        ...{ type: 'property.changed', actor: { kind: 'device', id: LAMP } },
        data: { unitId: LAMP, unitName: 'Lamp', property: 'level', value, measuredAt: AT },
      }),
    );
    const reported = levels.flatMap((event) => site.happened(event));
    expect(reported.map(({ type, key, value }) => [type, key, value])).toEqual([
      ['value', 'level', 2],
      ['value', 'level', 1],
      ['value', 'level', 3],
    ]);
    const [unit] = snapshotOf({ id: LAMP, level: 3 }).units;
    const [later] = snapshotOf({ id: LAMP, level: 4 }).units;
    if (!unit || !later) throw new Error('no unit');
    expect(site.resumed({ name: 'unit.changed', body: { unit } })).toEqual([]);
    expect(site.resumed({ name: 'unit.changed', body: { unit: later } })).toMatchObject([
      { key: 'level', value: 4 },
    ]);
    const pressed = { unitId: LAMP, event: 'pressed', atMs: 1 };
    expect(site.resumed({ name: 'unit.event', body: pressed })).toEqual([]);
    expect(site.change({ name: 'unit.event', body: pressed })).toHaveLength(1);
  });

  it('can be limited to one unit', () => {
    const site = new WatchedSite(OTHER);
    site.apply(snapshotOf({ id: LAMP }, { id: OTHER }));
    const news = site.apply(snapshotOf({ id: LAMP, level: 2 }, { id: OTHER, level: 3 }));
    expect(news.map(({ unitId, value }) => [unitId, value])).toEqual([[OTHER, 3]]);
  });
});

describe('a unit', () => {
  const snapshots = [
    snapshotOf({ id: LAMP, name: 'Lamp' }, { id: OTHER, name: 'lamp' }),
    snapshotOf({ id: newId(UnitId), name: 'Desk' }, { id: newId(UnitId), name: 'Desk' }),
  ];

  it.each([
    ['Lamp', LAMP],
    ['lamp', OTHER],
    [LAMP, LAMP],
  ])('is found as %s', (wanted, id) => {
    expect(findUnit(snapshots, wanted).unit.id).toBe(id);
  });

  it('is not guessed: several with the name are listed by id, an unknown one lists what exists', () => {
    const reasonFor = (wanted: string): unknown => {
      try {
        return findUnit(snapshots, wanted);
      } catch (error) {
        return error instanceof AppError ? [error.code, error.details] : error;
      }
    };
    expect(reasonFor('Desk')).toMatchObject(['bad_request', {}]);
    for (const { id } of snapshots[1]?.units ?? []) {
      expect(JSON.stringify(reasonFor('Desk'))).toContain(id);
    }
    // Two are spelt like this but for the case.
    expect(reasonFor('LAMP')).toMatchObject(['bad_request', {}]);
    expect(reasonFor('Oven')).toMatchObject(['unit_unknown', { units: 'Lamp, lamp, Desk, Desk' }]);
  });
});

it('gives scripts the outcome of a command as exit code', () => {
  const codes = COMMAND_STATES.map((state) => `${state} ${exitCodeOf({ state })}`);
  expect(codes).toEqual([
    'queued 4',
    'dispatched 4',
    'received 4',
    'running 4',
    'succeeded 0',
    'failed 1',
    'rejected 1',
    'expired 1',
    'cancelled 1',
    'superseded 1',
    'timed_out 3',
    'unknown 3',
  ]);
});
