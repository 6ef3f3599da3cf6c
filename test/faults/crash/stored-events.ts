import { readFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { z } from 'zod';
import { groupedBy } from '#platform/grouped-by.ts';
import { SiteEvent } from '#protocol/events/site-event.ts';

const Stored = z.object({ stream: z.string(), rev: z.number(), type: z.string() });
export type StoredEvent = z.infer<typeof Stored>;

/** The events that are on the hub's disk, stream by stream and in order. */
export class StoredEvents {
  readonly sites: readonly StoredEvent[];
  readonly accounts: readonly StoredEvent[];

  constructor(file: string) {
    const database = new Database(file, { readonly: true });
    try {
      const rows = (sql: string) => z.array(Stored).parse(database.prepare(sql).all());
      const order = 'order by stream, rev';
      this.sites = rows(`select site_id as stream, rev, type from site_events ${order}`);
      this.accounts = rows(`select user_id as stream, rev, type from account_events ${order}`);
    } finally {
      database.close();
    }
  }

  countOf(type: string): number {
    return [...this.sites, ...this.accounts].filter((event) => event.type === type).length;
  }

  headOf(site: string): number {
    return this.sites.filter(({ stream }) => stream === site).length;
  }

  /** Each stream counts by one from 1. */
  violations(): string[] {
    return [...byStream([...this.sites, ...this.accounts])].flatMap(([stream, events]) =>
      events.every(({ rev }, index) => rev === index + 1)
        ? []
        : [`the revisions of ${stream} do not count by one`],
    );
  }
}

const Run = z.object({ run: z.number() });
const Batch = z.object({
  site: z.string(),
  events: z.array(SiteEvent),
  missed: z.json().optional(),
});
const Entry = z.union([Run, Batch]);

export interface Consumed {
  /** By site, each revision once, in the order of the first time. */
  readonly sites: ReadonlyMap<string, readonly StoredEvent[]>;
  /** Events that came again. */
  readonly repeats: number;
  readonly violations: readonly string[];
}

/** What the hub's consumer received over all runs, and what is wrong with it. */
export function consumedEvents(file: string): Consumed {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  const sites = new Map<string, StoredEvent[]>();
  const violations: string[] = [];
  let repeats = 0;
  /** The last of each site in this run: within a run nothing is delivered twice. */
  let last = new Map<string, number>();
  for (const line of lines) {
    const entry = Entry.parse(JSON.parse(line));
    if ('run' in entry) {
      last = new Map();
      continue;
    }
    if (entry.missed !== undefined) violations.push(`the consumer was notified of a gap: ${line}`);
    const known = sites.get(entry.site) ?? [];
    sites.set(entry.site, known);
    for (const { site, rev, type } of entry.events) {
      const before = last.get(site);
      if (before !== undefined && rev !== before + 1) {
        violations.push(`the consumer was given ${site}/${rev} after ${before}`);
      }
      last.set(site, rev);
      const first = known[rev - 1];
      if (first) {
        repeats += 1;
        if (first.type !== type) violations.push(`${site}/${rev} was ${first.type}, then ${type}`);
      } else if (rev === known.length + 1) known.push({ stream: site, rev, type });
      else violations.push(`the consumer was given ${site}/${rev} without those before it`);
    }
  }
  return { sites, repeats, violations };
}

export function byStream(events: readonly StoredEvent[]): Map<string, StoredEvent[]> {
  return groupedBy(events, ({ stream }) => stream);
}
