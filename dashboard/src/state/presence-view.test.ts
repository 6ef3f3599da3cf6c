import { describe, expect, it } from 'vitest';
import { FakeSite } from '../../testing/fake-site.ts';
import { LAMP_THING } from '../../testing/fake-things.ts';
import { viewLine } from './link-view.ts';
import { latestContactMs, viewUnitPresence } from './presence-view.ts';

const site = new FakeSite('Home');
const online = site.addBase('Cellar', 'online');
const offline = site.addBase('Attic', 'offline');
const unknown = site.addBase('Barn', 'unknown');
const place = { name: 'Lamp', place: '', thing: LAMP_THING };
const ready = site.addUnit(online, { ...place, state: 'ready' });
const lost = site.addUnit(online, { ...place, state: 'lost' });

describe('the presence of a unit', () => {
  it('is proven only through a base that is online', () => {
    expect(viewUnitPresence(ready, online).tone).toBe('proven');
    expect(viewUnitPresence(lost, online)).toMatchObject({ tone: 'lost', word: 'Lost' });
  });

  it('is not called lost when it is the base that is away', () => {
    expect(viewUnitPresence(lost, offline)).toMatchObject({
      tone: 'unknown',
      word: 'Base offline',
    });
    expect(viewUnitPresence(ready, unknown)).toMatchObject({ tone: 'unknown', word: 'Unknown' });
    expect(viewUnitPresence(ready, undefined).tone).toBe('unknown');
  });

  it('is the past while this page has no live connection', () => {
    expect(viewUnitPresence(ready, online, false)).toMatchObject({
      tone: 'unknown',
      word: 'Was ready',
    });
  });

  it('says why in the words of the error table', () => {
    const presence = { ...lost.presence, code: 'unit_wrong' as const };
    expect(viewUnitPresence({ presence }, online).reason).toMatch(/A different unit answers/);
  });

  it('says that another unit claims to be the same board, though this one is there', () => {
    const presence = { ...ready.presence, code: 'unit_identity_conflict' as const };
    const view = viewUnitPresence({ presence }, online);
    expect(view).toMatchObject({ tone: 'proven', word: 'Ready, in conflict' });
    expect(view.reason).toMatch(/same board/);
  });

  it('counts a reading as a sign of life', () => {
    const reported = {
      on: { value: true, measuredAtMs: 5, receivedAtMs: 9, clock: 'synced' as const },
    };
    const presence = { ...ready.presence, lastContactAt: '1970-01-01T00:00:00.002Z' };
    expect(latestContactMs({ presence, reported })).toBe(9);
    expect(latestContactMs({ presence: { ...presence, lastContactAt: null }, reported: {} })).toBe(
      undefined,
    );
  });
});

describe('the line from the page to the units', () => {
  const loaded = { phase: 'ready', loadedAtMs: 0 } as const;
  const count = { known: 2, ready: 1, total: 2 };

  it('is proven stage by stage', () => {
    const { stages, reason } = viewLine({
      link: { kind: 'live' },
      collection: loaded,
      bases: [online],
      units: count,
    });
    expect(stages).toEqual([
      { name: 'Hub', word: 'live', tone: 'proven' },
      { name: 'Cellar', word: 'online', tone: 'proven', href: `/bases/${online.id}` },
      { name: '2 units', word: '1 ready', tone: 'waiting' },
    ]);
    expect(reason).toBeUndefined();
  });

  it('claims nothing of the bases while the link to the hub is cut', () => {
    const cut = { kind: 'waiting', code: 'hub_unreachable', sinceMs: 0, retryAtMs: 0 } as const;
    const { stages, reason, code, seenMs } = viewLine({
      link: cut,
      collection: loaded,
      bases: [online],
      units: count,
    });
    expect(stages.map(({ tone }) => tone)).toEqual(['waiting', 'unknown', 'unknown']);
    expect(stages[1]?.word).toBe('was online');
    expect(reason).toMatch(/Retrying automatically/);
    expect(seenMs).toBe(0);
    expect(code).toBe('hub_unreachable');
  });

  it('says which base is away, and does not guess about its units', () => {
    const { stages, reason } = viewLine({
      link: { kind: 'live' },
      collection: loaded,
      bases: [offline],
      units: { known: 0, ready: 0, total: 2 },
    });
    expect(reason).toMatch(/^Attic is offline/);
    expect(stages.at(-1)).toMatchObject({ word: 'not known', tone: 'unknown' });
  });

  it('knows of units that connect to the hub itself, whatever becomes of bases', () => {
    for (const bases of [[], [offline]]) {
      const { stages } = viewLine({
        link: { kind: 'live' },
        collection: loaded,
        bases,
        units: { known: 1, ready: 1, total: 1 },
      });
      expect(stages.at(-1)).toEqual({ name: '1 unit', word: 'ready', tone: 'proven' });
    }
  });

  it('counts bases when there are many', () => {
    const { stages } = viewLine({
      link: { kind: 'live' },
      collection: loaded,
      bases: [online, offline, unknown],
      units: count,
    });
    const href = '/settings#settings-bases';
    expect(stages[1]).toEqual({ name: '3 bases', word: '1 online', tone: 'unknown', href });
  });
});
