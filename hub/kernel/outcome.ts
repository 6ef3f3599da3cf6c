import type { AccountEvent } from '#protocol/events/account-event.ts';
import type { SiteEvent } from '#protocol/events/site-event.ts';
import type { LogEntry } from '#protocol/hub-link/base-log.ts';
import type { SitePart } from '#protocol/hub-link/site-channel.ts';
import type { BaseId, DeviceId, SiteId, UnitId } from '#protocol/ids.ts';

/** A live-only part for the watchers of a site; not stored. */
export interface LivePart {
  readonly siteId: SiteId;
  readonly part: SitePart;
}

/** An entry that was appended to the log of a base. */
export interface StoredEntry {
  readonly entry: LogEntry;
  /** The connection on which the base may be sent it from the commit on; null: there is none. */
  readonly liveOn: string | null;
}

/** What one unit of work has stored, and what must be published. */
export interface Outcome {
  /** Stored with the change, in the order of their revisions. */
  readonly events: readonly SiteEvent[];
  readonly accountEvents: readonly AccountEvent[];
  /** Appended to the logs of bases, in the order of the log. */
  readonly entries: ReadonlyMap<BaseId, readonly StoredEntry[]>;
  /** Consumers that have something to do now. */
  readonly dirty: ReadonlySet<string>;
  /** Devices with commands that wait, or are to be cancelled. */
  readonly devices: ReadonlySet<DeviceId>;
  readonly live: readonly LivePart[];
  /** Units of which values or desired values are others. */
  readonly changedValues: ReadonlyMap<UnitId, SiteId>;
  /** The position of the readings of the sites that got some. */
  readonly readings: ReadonlyMap<SiteId, number>;
}

export const NOTHING_STORED: Outcome = {
  events: [],
  accountEvents: [],
  entries: new Map(),
  dirty: new Set(),
  devices: new Set(),
  live: [],
  changedValues: new Map(),
  readings: new Map(),
};

/** What several units of work have stored, one after the other in one commit. */
export function mergedOutcome(outcomes: readonly Outcome[]): Outcome {
  const [only] = outcomes;
  if (only && outcomes.length === 1) return only;
  const entries = new Map<BaseId, StoredEntry[]>();
  for (const outcome of outcomes) {
    for (const [baseId, appended] of outcome.entries) {
      const ofBase = entries.get(baseId);
      if (ofBase) ofBase.push(...appended);
      else entries.set(baseId, [...appended]);
    }
  }
  return {
    events: outcomes.flatMap(({ events }) => events),
    accountEvents: outcomes.flatMap(({ accountEvents }) => accountEvents),
    entries,
    dirty: new Set(outcomes.flatMap(({ dirty }) => [...dirty])),
    devices: new Set(outcomes.flatMap(({ devices }) => [...devices])),
    live: outcomes.flatMap(({ live }) => live),
    changedValues: new Map(outcomes.flatMap(({ changedValues }) => [...changedValues])),
    readings: new Map(outcomes.flatMap(({ readings }) => [...readings])),
  };
}

/** Notified after the commit; a failure in one keeps nothing from the others. */
export interface OutcomeFollower {
  readonly committed: (outcome: Outcome) => void;
}
