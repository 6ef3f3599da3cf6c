import type { Actor } from '#protocol/events/actor.ts';
import type { SiteEvent } from '#protocol/events/site-event.ts';
import { BaseId, type SiteId, TokenId, UnitId, UserId } from '#protocol/ids.ts';
import { LruCache } from '#platform/lru-cache.ts';
import type { Db } from './schema.ts';

const MAX_CACHED = 5_000;

type Names = Pick<Actor, 'name' | 'owner'>;

/** The names of people and of their tokens, which never change. */
export class ActorNames {
  readonly #known = new LruCache<string, Names>(MAX_CACHED);

  /** The same actor, with its display name. */
  async named(db: Db, actor: Actor): Promise<Actor> {
    const { id } = actor;
    if (id === undefined || actor.name !== undefined) return actor;
    const names = this.#known.get(id) ?? (await namesOf(db, actor.kind, id));
    if (names === undefined) return actor;
    this.#known.set(id, names);
    return { ...actor, ...names };
  }
}

async function namesOf(db: Db, kind: Actor['kind'], id: string): Promise<Names | undefined> {
  if (kind === 'person') {
    const userId = UserId.safeParse(id);
    if (!userId.success) return undefined;
    const query = db.selectFrom('users').select('name').where('id', '=', userId.data);
    return await query.executeTakeFirst();
  }
  if (kind !== 'token') return undefined;
  const tokenId = TokenId.safeParse(id);
  if (!tokenId.success) return undefined;
  const row = await db
    .selectFrom('api_tokens')
    .innerJoin('users', 'users.id', 'api_tokens.user_id')
    .select(['api_tokens.name', 'users.id as ownerId', 'users.name as ownerName'])
    .where('api_tokens.id', '=', tokenId.data)
    .executeTakeFirst();
  return row && { name: row.name, owner: { id: row.ownerId, name: row.ownerName } };
}

/** Adds to events the present names of bases and devices, of this site only. */
export async function namedActors(
  db: Db,
  site: SiteId,
  events: readonly SiteEvent[],
): Promise<SiteEvent[]> {
  const names = new Map([
    ...(await namesOfBases(db, site, unnamed(events, 'base'))),
    ...(await namesOfUnits(db, site, unnamed(events, 'device'))),
  ]);
  return events.map((event) => {
    const name = event.actor.name ?? names.get(event.actor.id ?? '');
    return name === undefined ? event : { ...event, actor: { ...event.actor, name } };
  });
}

function unnamed(events: readonly SiteEvent[], kind: Actor['kind']): string[] {
  const ids = events.flatMap(({ actor }) =>
    actor.kind === kind && actor.name === undefined && actor.id !== undefined ? [actor.id] : [],
  );
  return [...new Set(ids)];
}

async function namesOfBases(
  db: Db,
  site: SiteId,
  ids: readonly string[],
): Promise<(readonly [string, string])[]> {
  const baseIds = ids.flatMap((id) => BaseId.safeParse(id).data ?? []);
  if (baseIds.length === 0) return [];
  const rows = await db
    .selectFrom('bases')
    .select(['id', 'name'])
    .where('id', 'in', baseIds)
    .where('site_id', '=', site)
    .execute();
  return rows.map(({ id, name }) => [id, name] as const);
}

async function namesOfUnits(
  db: Db,
  site: SiteId,
  ids: readonly string[],
): Promise<(readonly [string, string])[]> {
  const unitIds = ids.flatMap((id) => UnitId.safeParse(id).data ?? []);
  if (unitIds.length === 0) return [];
  const rows = await db
    .selectFrom('units')
    .select(['id', 'name'])
    .where('id', 'in', unitIds)
    .where('site_id', '=', site)
    .execute();
  return rows.map(({ id, name }) => [id, name] as const);
}
