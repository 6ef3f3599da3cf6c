import { generateKeyPairSync } from 'node:crypto';
import { pino } from 'pino';
import { type BaseId, BaseId as BaseIdSchema, newId } from '#protocol/ids.ts';
import { insertBase } from '../../../hub/store/bases.ts';
import { openStore, type StorePlace } from '../../../hub/store/open-store.ts';
import { insertSite } from '../../../hub/store/sites.ts';

/** Bases that a hub knows without their ever having been paired. */
export interface EnrolledBases {
  readonly ids: readonly BaseId[];
  /** One key for all of them, PEM (PKCS #8): making thousands would only take time. */
  readonly privateKey: string;
}

/** The hub accepts at most 500 per site. */
const BASES_PER_SITE = 400;

/**
 * Writes bases into the database of a hub that is not running. Claiming
 * thousands one by one through the API would measure the API.
 */
export async function enrolBases(place: StorePlace, count: number): Promise<EnrolledBases> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { x: publicX = '' } = publicKey.export({ format: 'jwk' });
  const ids = Array.from({ length: count }, () => newId(BaseIdSchema));
  const store = await openStore(place, pino({ level: 'silent' }));
  try {
    const nowMs = Date.now();
    await store.writer.run(async (tx) => {
      for (let from = 0; from < count; from += BASES_PER_SITE) {
        const site = await insertSite(tx, `Site ${from / BASES_PER_SITE + 1}`, nowMs);
        for (const id of ids.slice(from, from + BASES_PER_SITE)) {
          const base = { id, siteId: site.id, name: 'Simulated', version: '0.0.0-test' };
          await insertBase(tx, { ...base, publicKey: publicX, createdAtMs: nowMs });
        }
      }
    }, 'bases');
  } finally {
    await store.close();
  }
  return { ids, privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString() };
}
