import { describe, expect, it } from 'vitest';
import { FakeSite } from '../../testing/fake-site.ts';
import { LAMP_THING } from '../../testing/fake-things.ts';
import { manualClock } from '../../testing/manual-clock.ts';
import type { SiteChange } from '#client/site-change.ts';
import { SiteStore } from '../state/site-store.ts';
import { rowOf } from './activity-row.ts';

function arrange() {
  const site = new FakeSite('Home');
  const base = site.addBase('Cellar');
  const unit = site.addUnit(base, { name: 'Lamp', place: '', thing: LAMP_THING });
  const store = new SiteStore({
    clock: manualClock(),
    onReport: () => undefined,
    onCommand: () => undefined,
  });
  store.applySnapshot(site.snapshot());
  const rows = () => store.activity.get().map((entry) => rowOf(store, entry));
  return { site, base, unit, store, rows };
}

describe('a row of the activity', () => {
  it('tells a base that is offline from a unit that is lost, in word and tone', () => {
    const { base, unit, store, rows } = arrange();
    const away = { ...base.presence, state: 'offline', since: '2026-01-01T00:00:01.000Z' } as const;
    store.putBase({ ...base, presence: away });
    const since = '2026-01-01T00:00:02.000Z';
    const lost = { ...unit.presence, state: 'lost', code: 'unit_timeout', since } as const;
    store.putUnit({ ...unit, presence: lost });
    expect(rows()).toMatchObject([
      { who: 'Lamp', word: 'Lost', tone: 'lost', code: 'unit_timeout' },
      { who: 'Cellar', word: 'Base offline', tone: 'unknown' },
    ]);
  });

  it('tells how many readings were lost, and why', () => {
    const { unit, store, rows } = arrange();
    const gap = { fromMs: 1_000, toMs: 61_000, count: 12, reason: 'outbox_age' } as const;
    const reported: SiteChange = { name: 'readings.dropped', body: { unitId: unit.id, gap } };
    store.applyChange(reported);
    store.applyChange(reported);
    expect(rows()).toMatchObject([
      { who: 'Lamp', what: '12 readings lost', word: 'Gap', code: 'outbox_age', atMs: 61_000 },
    ]);
    expect(rows()[0]?.reason).toMatch(/waited too long for the hub.*1 min/);
  });

  it('is found by the words and ids of the log', () => {
    const { site, unit, store, rows } = arrange();
    const verb = 'invoke';
    const command = site.send(unit, { verb, affordance: 'on', input: true });
    site.close();
    store.putCommand({ ...command, state: 'failed', code: 'unit_timeout' }, []);
    expect(rows()[0]?.words).toContain(command.id);
    expect(rows()[0]?.words).toMatch(/unit_timeout .*failed/);
  });
});
