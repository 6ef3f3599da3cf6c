import type { SiteId, UnitId } from '#protocol/ids.ts';
import type { Db } from './schema.ts';

const MAX_LISTED = 1_000;

/** Units behind the bases of a site. */
export async function boardUnitsOf(
  db: Db,
  siteId: SiteId,
): Promise<readonly { readonly id: UnitId; readonly name: string }[]> {
  return await db
    .selectFrom('units')
    .select(['id', 'name'])
    .where('site_id', '=', siteId)
    .where('endpoint_kind', '=', 'base')
    .orderBy('id')
    .limit(MAX_LISTED)
    .execute();
}

/** Of several with the name the oldest. */
export async function boardUnitOfName(
  db: Db,
  siteId: SiteId,
  name: string,
): Promise<UnitId | undefined> {
  const row = await db
    .selectFrom('units')
    .select('id')
    .where('site_id', '=', siteId)
    .where('endpoint_kind', '=', 'base')
    .where('name', '=', name)
    .orderBy('id')
    .executeTakeFirst();
  return row?.id;
}
