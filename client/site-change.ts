import { z } from 'zod';
import type { SiteSnapshot } from '#protocol/http/sites.ts';
import { SiteDeltas } from '#protocol/hub-link/socket-events.ts';

/** A place in the order of a site's deltas. */
export type SiteCursor = SiteSnapshot['cursor'];

/** A delta of a site channel, with its name: what the socket delivers, parsed. */
export const SiteChange = z.discriminatedUnion('name', [
  z.object({ name: z.literal('unit.changed'), delta: SiteDeltas['unit.changed'] }),
  z.object({ name: z.literal('unit.values'), delta: SiteDeltas['unit.values'] }),
  z.object({ name: z.literal('unit.removed'), delta: SiteDeltas['unit.removed'] }),
  z.object({ name: z.literal('unit.event'), delta: SiteDeltas['unit.event'] }),
  z.object({ name: z.literal('base.changed'), delta: SiteDeltas['base.changed'] }),
  z.object({ name: z.literal('base.removed'), delta: SiteDeltas['base.removed'] }),
  z.object({ name: z.literal('command.changed'), delta: SiteDeltas['command.changed'] }),
  z.object({ name: z.literal('command.progress'), delta: SiteDeltas['command.progress'] }),
  z.object({ name: z.literal('readings.added'), delta: SiteDeltas['readings.added'] }),
  z.object({ name: z.literal('readings.dropped'), delta: SiteDeltas['readings.dropped'] }),
  z.object({ name: z.literal('rollout.changed'), delta: SiteDeltas['rollout.changed'] }),
  z.object({ name: z.literal('update.progress'), delta: SiteDeltas['update.progress'] }),
]);
export type SiteChange = z.infer<typeof SiteChange>;

const names: ReadonlySet<string> = new Set(Object.keys(SiteDeltas));

/** Whether a socket event is a delta at all. */
export function isSiteChangeName(name: string): boolean {
  return names.has(name);
}
