import { sql } from 'kysely';
import type { BaseId, SiteId, UserId } from '#protocol/ids.ts';
import type { FileDigest } from '#protocol/rollout/update-order.ts';
import { engineOf } from './engine/adapter.ts';
import type { Tx } from './schema.ts';

/**
 * What a unit of work bases a decision on. It holds it exclusively until its transaction
 * ends, so that what it has counted or read does not change meanwhile.
 */
export type Held =
  /** A site with all that belongs to it: bases, units, commands, members, firmware, rollouts. */
  | { readonly site: SiteId }
  /** The same, by a base of the site. */
  | { readonly siteOf: BaseId }
  /** A person with their tokens and sessions. */
  | { readonly account: UserId }
  /** The bytes of a firmware image, which several sites may have. */
  | { readonly image: FileDigest }
  /** What exists once per hub: its first account, its keys, its first site; and logins of programs. */
  | 'hub';

/** Any number that nobody else uses in this database: advisory locks have no names. */
const HUB_LOCK = 0x5b0c;
/** With the beginning of a digest; locks of two numbers are apart from those of one. */
const IMAGE_LOCKS = 0x5b0d;

/**
 * Waits until nobody else holds it. SQLite has one writer, so there is nothing to wait for.
 * Accounts and images are held before sites, which prevents deadlocks.
 */
export async function hold(tx: Tx, held: Held): Promise<void> {
  if (engineOf(tx).engine === 'sqlite') return;
  // Not `for update`: it would block, and be blocked by, every insert of a row that refers to this
  // one.
  if (held === 'hub') {
    await sql`select pg_advisory_xact_lock(${HUB_LOCK})`.execute(tx);
  } else if ('site' in held) {
    await sql`select from sites where id = ${held.site} for no key update`.execute(tx);
  } else if ('siteOf' in held) {
    const site = sql`select site_id from bases where id = ${held.siteOf}`;
    await sql`select from sites where id = (${site}) for no key update`.execute(tx);
  } else if ('image' in held) {
    const digest = Buffer.from(held.image, 'hex').readInt32BE();
    await sql`select pg_advisory_xact_lock(${IMAGE_LOCKS}, ${digest})`.execute(tx);
  } else {
    await sql`select from users where id = ${held.account} for no key update`.execute(tx);
  }
}

/**
 * Rows that are to change, with their sites held. They are looked up again then: what another
 * hub changed meanwhile is no longer among them, and what came meanwhile is left to the next time.
 */
export async function heldWithSites<T extends { readonly siteId: SiteId }>(
  tx: Tx,
  find: () => Promise<readonly T[]>,
): Promise<T[]> {
  const sites = new Set((await find()).map(({ siteId }) => siteId));
  for (const site of [...sites].toSorted()) await hold(tx, { site });
  return (await find()).filter(({ siteId }) => sites.has(siteId));
}
