import type { Logger } from 'pino';
import type { Module } from '#platform/assembly.ts';
import type { Clock } from '#platform/clock.ts';
import { GroupCommit } from './group-commit.ts';
import type { Store } from './store.ts';

/** An open store, and the clock that the base goes by. */
export interface StoreNeeds {
  readonly store: Store;
  readonly clock: Clock;
  /** 0 up to, and without, 1. */
  readonly random: () => number;
  readonly log: Logger;
}

export interface StoreOffers {
  readonly group: GroupCommit;
}

/** The foundation of every noun. */
export type Foundation = StoreNeeds & StoreOffers;

export function storeModule({ store }: StoreNeeds): Module<StoreOffers> {
  const group = new GroupCommit({
    store,
    soon: (run) => {
      setImmediate(run);
    },
  });
  return { offers: { group } };
}
