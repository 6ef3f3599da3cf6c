import type { Actor } from '#protocol/events/actor.ts';
import { TokenId, UserId } from '#protocol/ids.ts';
import { LruCache } from '#platform/lru-cache.ts';
import type { Db } from './schema.ts';

const MAX_CACHED = 5_000;

/** The names of people and of their tokens, which never change. */
export class ActorNames {
  readonly #known = new LruCache<string, string>(MAX_CACHED);

  /** The same actor with the name that people know it by. */
  async named(db: Db, actor: Actor): Promise<Actor> {
    const { id } = actor;
    if (id === undefined || actor.name !== undefined) return actor;
    const name = this.#known.get(id) ?? (await nameOf(db, actor.kind, id));
    if (name === undefined) return actor;
    this.#known.set(id, name);
    return { ...actor, name };
  }
}

async function nameOf(db: Db, kind: Actor['kind'], id: string): Promise<string | undefined> {
  if (kind === 'person') {
    const userId = UserId.safeParse(id);
    if (!userId.success) return undefined;
    const query = db.selectFrom('users').select('name').where('id', '=', userId.data);
    return (await query.executeTakeFirst())?.name;
  }
  if (kind !== 'token') return undefined;
  const tokenId = TokenId.safeParse(id);
  if (!tokenId.success) return undefined;
  const query = db.selectFrom('api_tokens').select('name').where('id', '=', tokenId.data);
  return (await query.executeTakeFirst())?.name;
}
