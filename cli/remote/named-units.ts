import { z } from 'zod';
import { AppError } from '#protocol/errors.ts';
import { SiteView } from '#protocol/http/accounts.ts';
import type { SiteSnapshot } from '#protocol/http/sites.ts';
import type { UnitView } from '#protocol/http/units.ts';
import { baseIdOf } from '#protocol/unit-endpoint.ts';
import type { HubConnection } from './hub-connection.ts';

const Sites = z.object({ sites: z.array(SiteView) });

/** The state of each site that this login may see. */
export async function snapshotsOf({ http, siteApi }: HubConnection): Promise<SiteSnapshot[]> {
  const { sites } = await http.json(Sites, { path: '/api/sites' });
  const snapshots: SiteSnapshot[] = [];
  // One after another: each is much work for the hub, and few people have many.
  for (const { id } of sites) snapshots.push(await siteApi.snapshot(id));
  return snapshots;
}

export interface FoundUnit {
  readonly snapshot: SiteSnapshot;
  readonly unit: UnitView;
}

/**
 * The unit of a name or an id; of a name in any case where no other is spelt like that.
 *
 * @throws AppError `unit_unknown`, with what there is; `bad_request` where several are meant
 */
export function findUnit(snapshots: readonly SiteSnapshot[], wanted: string): FoundUnit {
  const all = snapshots.flatMap((snapshot) => snapshot.units.map((unit) => ({ snapshot, unit })));
  const byId = all.find(({ unit }) => unit.id === wanted);
  if (byId) return byId;
  const exact = all.filter(({ unit }) => unit.name === wanted);
  const lower = wanted.toLowerCase();
  const found =
    exact.length > 0 ? exact : all.filter(({ unit }) => unit.name.toLowerCase() === lower);
  const [only, ...others] = found;
  if (!only) {
    const names = all.map(({ unit }) => unit.name).slice(0, 20);
    throw new AppError('unit_unknown', { details: { units: names.join(', ') } });
  }
  if (others.length === 0) return only;
  const meant = found.map(({ snapshot, unit }) => `${unit.id} (${placeOf(snapshot, unit)})`);
  throw new AppError('bad_request', {
    details: {
      source: wanted,
      field: 'this',
      reason: `is the name of several units: ${meant.join(', ')}`,
    },
  });
}

function placeOf(snapshot: SiteSnapshot, unit: UnitView): string {
  const baseId = baseIdOf(unit.endpoint);
  const found = snapshot.bases.find(({ id }) => id === baseId)?.name ?? '?';
  const base = baseId === null ? '' : found;
  return [snapshot.site.name, base, unit.place].filter((word) => word !== '').join(', ');
}
