import type { SiteEventType } from './site-event.ts';
import type { Json } from '../json.ts';

type Upgrade = (data: Json) => Json;

/** The data of version 1 is data of version 2 too. */
const same: Upgrade = (data) => data;

/** From each version to the next, the first from 1 to 2. */
const UPGRADES: ReadonlyMap<string, readonly Upgrade[]> = new Map<SiteEventType, Upgrade[]>([
  ['unit.added', [withEndpoint]],
  // In version 2, `baseId` may be absent.
  ['unit.removed', [same]],
  ['command.issued', [same]],
  ['command.ended', [same]],
]);

/** The data of an event that an earlier hub wrote, in the version that is written now. */
export function inPresentVersion(
  type: string,
  stored: { readonly v: number; readonly data: Json },
): { readonly v: number; readonly data: Json } {
  const upgrades = (UPGRADES.get(type) ?? []).slice(stored.v - 1);
  const data = upgrades.reduce((earlier, upgrade) => upgrade(earlier), stored.data);
  return { v: stored.v + upgrades.length, data };
}

/** All units were behind a base then. A migration has put the endpoint into some of these events. */
function withEndpoint(data: Json): Json {
  if (data === null || typeof data !== 'object' || Array.isArray(data)) return data;
  if ('endpoint' in data) return data;
  const { baseId, address, ...rest } = data;
  if (baseId === undefined || address === undefined) return data;
  return { ...rest, endpoint: { kind: 'base', baseId, address } };
}
