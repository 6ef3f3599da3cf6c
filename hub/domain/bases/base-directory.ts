import { type KeyObject, createPublicKey } from 'node:crypto';
import type { BaseId, SiteId } from '#protocol/ids.ts';
import { LruCache } from '#platform/lru-cache.ts';
import type { Revocations } from '../accounts/revocations.ts';
import { findBase } from '../../store/bases.ts';
import type { Db } from '../../store/schema.ts';

const MAX_CACHED = 1_000;

export interface KnownBase {
  readonly key: number;
  readonly id: BaseId;
  readonly siteId: SiteId;
  readonly publicKey: KeyObject;
  readonly removed: boolean;
}

/** Cache of what never changes about bases: their site and public keys. */
export class BaseDirectory {
  readonly #db: Db;
  readonly #cache = new LruCache<BaseId, KnownBase>(MAX_CACHED);
  /** Counts removals, so that nothing read before one is cached after it. */
  #removals = 0;

  constructor(deps: { readonly db: Db; readonly revocations: Revocations }) {
    this.#db = deps.db;
    deps.revocations.listen((revocation) => {
      const { kind } = revocation;
      if (kind !== 'base' && kind !== 'unheard') return;
      this.#removals += 1;
      if (kind === 'base') this.#cache.delete(revocation.baseId);
      else this.#cache.clear();
    });
  }

  /** Finds removed bases too, so that they get `base_removed`. */
  async find(id: BaseId): Promise<KnownBase | undefined> {
    const cached = this.#cache.get(id);
    if (cached) return cached;
    const removals = this.#removals;
    const base = await findBase(this.#db, id);
    if (!base) return undefined;
    const known: KnownBase = {
      key: base.key,
      id: base.id,
      siteId: base.siteId,
      publicKey: ed25519Key(base.publicKey),
      removed: base.isRemoved,
    };
    if (removals === this.#removals) this.#cache.set(id, known);
    return known;
  }
}

/** @param raw 32 bytes, base64url. Throws when they are no key. */
export function ed25519Key(raw: string): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: raw }, format: 'jwk' });
}
