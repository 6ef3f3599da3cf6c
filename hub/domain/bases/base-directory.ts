import { type KeyObject, createPublicKey } from 'node:crypto';
import type { BaseId } from '#protocol/ids.ts';
import { LruCache } from '#platform/lru-cache.ts';
import type { Revocations } from '../accounts/revocations.ts';
import { type BaseRow, findBase } from '../../store/bases.ts';
import type { Db } from '../../store/schema.ts';

const MAX_CACHED = 1_000;

export interface BaseRecord {
  readonly key: number;
  readonly id: BaseId;
  readonly siteId: BaseRow['site_id'];
  readonly publicKey: KeyObject;
  readonly removed: boolean;
}

/** What does not change about bases, remembered: whose they are, and their public keys. */
export class BaseDirectory {
  readonly #db: Db;
  readonly #cache = new LruCache<BaseId, BaseRecord>(MAX_CACHED);
  /** Counts removals, so that nothing read before one is cached after it. */
  #removals = 0;

  constructor(deps: { readonly db: Db; readonly revocations: Revocations }) {
    this.#db = deps.db;
    deps.revocations.listen((revocation) => {
      if (revocation.kind !== 'base') return;
      this.#removals += 1;
      this.#cache.delete(revocation.baseId);
    });
  }

  /** Removed bases as well, so that they can be told. */
  async find(id: BaseId): Promise<BaseRecord | undefined> {
    const known = this.#cache.get(id);
    if (known) return known;
    const removals = this.#removals;
    const row = await findBase(this.#db, id);
    if (!row) return undefined;
    const record: BaseRecord = {
      key: row.key,
      id: row.id,
      siteId: row.site_id,
      publicKey: ed25519Key(row.public_key),
      removed: row.removed_at !== null,
    };
    if (removals === this.#removals) this.#cache.set(id, record);
    return record;
  }
}

/** @param raw 32 bytes, base64url. Throws when they are no key. */
export function ed25519Key(raw: string): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: raw }, format: 'jwk' });
}
