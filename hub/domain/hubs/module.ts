import type { Module } from '#platform/assembly.ts';
import type { HubId } from '#protocol/ids.ts';
import type { DatabaseClock } from '../../kernel/database-clock.ts';
import type { Foundation } from '../../store/module.ts';
import { HubLease } from './hub-lease.ts';

export interface HubsNeeds extends Foundation {
  /** Of this run. */
  readonly hubId: HubId;
  /** Undefined where no other hub can work on the same database. */
  readonly databaseClock?: DatabaseClock | undefined;
}

export interface HubsOffers {
  readonly lease: HubLease;
  /** How far the clock of the database is ahead of this machine's. */
  readonly clockDifferenceMs: () => number | undefined;
}

export function hubsModule(needs: HubsNeeds): Module<HubsOffers> {
  const lease = new HubLease({ ...needs, log: needs.log.child({ component: 'hubs' }) });
  return {
    offers: { lease, clockDifferenceMs: () => needs.databaseClock?.differenceMs },
    open: () => lease.begin(),
    start: () => lease.start(),
    close: () => lease.close(),
  };
}
