import type { SiteId } from '#protocol/ids.ts';
import { prepared } from './prepared.ts';
import type { EventDirtyTable, Tx } from './schema.ts';

const markedDirty = prepared<EventDirtyTable>()((db, slot) =>
  db
    .insertInto('event_dirty')
    .values({ consumer: slot('consumer'), site_id: slot('site_id') })
    .onConflict((conflict) => conflict.doNothing()),
);

/** Says that a consumer has something to do in a site. */
export async function markDirty(tx: Tx, consumer: string, siteId: SiteId): Promise<void> {
  await markedDirty.run(tx, { consumer, site_id: siteId });
}
