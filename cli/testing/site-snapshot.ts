import { SiteSnapshot } from '#protocol/http/sites.ts';
import type { SiteCursor } from '#protocol/site-cursor.ts';
import { BaseId, newId, type SiteId, type UnitId } from '#protocol/ids.ts';

const AT = '2026-01-01T00:00:00.000Z';

export interface SnapshotUnit {
  readonly id: UnitId;
  readonly name?: string;
  /** Its one property. */
  readonly level?: number;
  readonly state?: 'ready' | 'lost';
}

/** A snapshot of a site whose units have one property, `level`. */
export function siteSnapshotOf(of: {
  readonly siteId: SiteId;
  readonly cursor: SiteCursor;
  readonly units: readonly SnapshotUnit[];
}): SiteSnapshot {
  const { siteId, cursor, units } = of;
  const baseId = newId(BaseId);
  return SiteSnapshot.parse({
    site: { id: siteId, name: 'Home', role: 'owner', createdAt: AT },
    cursor,
    bases: [],
    units: units.map(({ id, name = 'Lamp', level = 1, state = 'ready' }) => ({
      ...{ id, siteId, name, place: '' },
      endpoint: {
        ...{ kind: 'base', baseId, link: 'frames' },
        address: { host: '192.0.2.1', port: 8888 },
      },
      presence: { state, since: AT, lastContactAt: AT },
      ...{ identity: null, description: null },
      reported: { level: { value: level, measuredAtMs: 1, receivedAtMs: 1, clock: 'synced' } },
      ...{ desired: {}, update: null, createdAt: AT },
    })),
    ...{ layout: [], commands: [], rollouts: [], sparklines: {}, serverTimeMs: 1 },
  });
}
