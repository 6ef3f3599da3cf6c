import { AppError } from '#protocol/errors.ts';
import type { SiteEvent } from '#protocol/events/site-event.ts';
import type { SitePart, SiteResumed } from '#protocol/hub-link/site-channel.ts';
import type { ResumeFailure, SiteCursor } from '#protocol/site-cursor.ts';
import type { CommandId, SiteId } from '#protocol/ids.ts';
import { fromInstant } from '#protocol/json.ts';
import type { LiveProgress } from '../domain/commands/live-progress.ts';
import type { BaseViews } from '../domain/bases/base-views.ts';
import { commandsOfSite, findCommands } from '../store/commands.ts';
import { COMMAND_VIEW } from '../store/command-record.ts';
import { unitsPutAfter } from '../store/properties.ts';
import type { ReadableRows } from '../store/readable-rows.ts';
import type { Db } from '../store/schema.ts';
import { type SitePosition, siteEventsAfter, sitePosition } from '../store/site-events.ts';
import { changedThings } from './changed-things.ts';
import type { SiteParts } from './site-parts.ts';

/** Events that a resume goes through, and things that it brings: beyond that a snapshot is less. */
const MAX_EVENTS = 1_000;
const MAX_UNITS = 200;
const MAX_COMMANDS = 200;
/** Well below what a socket may hold back. */
const MAX_BYTES = 512 * 1024;
/** The newest commands, as in a snapshot: no event carries the progress of running ones. */
const COMMANDS = 50;

/** Why it is impossible to resume from this position; undefined: it is possible. */
export function whyNotResumed(
  position: SitePosition,
  after: Pick<SiteCursor, 'epoch' | 'rev'>,
): Exclude<ResumeFailure, 'too_far'> | undefined {
  // Of this epoch but in the future: from a hub that was restored from a backup.
  if (after.epoch !== position.epoch || after.rev > position.rev) return 'epoch';
  return after.rev < position.floor ? 'expired' : undefined;
}

/** Brings a client up to date: the current state of everything that changed since its position. */
export class SiteResume {
  readonly #deps: {
    readonly db: Db;
    readonly readable: ReadableRows;
    readonly parts: SiteParts;
    readonly bases: BaseViews;
    readonly live: LiveProgress;
  };

  constructor(deps: {
    readonly db: Db;
    readonly readable: ReadableRows;
    readonly parts: SiteParts;
    readonly bases: BaseViews;
    readonly live: LiveProgress;
  }) {
    this.#deps = deps;
  }

  /** @throws AppError `site_unknown`. */
  async position(siteId: SiteId): Promise<SitePosition> {
    const position = await sitePosition(this.#deps.db, siteId);
    if (!position) throw new AppError('site_unknown');
    return position;
  }

  async after(siteId: SiteId, position: SitePosition, after: SiteCursor): Promise<SiteResumed> {
    const { db } = this.#deps;
    const reason = whyNotResumed(position, after);
    if (reason !== undefined) return { recovered: false, reason };
    if (position.rev - after.rev > MAX_EVENTS) return TOO_FAR;
    const site = { site: siteId, epoch: position.epoch };
    const range = { after: after.rev, upTo: position.rev, limit: MAX_EVENTS };
    const { events } = await siteEventsAfter(db, site, range);
    const things = changedThings(events);
    const values = new Set([
      ...things.values,
      ...(await unitsPutAfter(db, siteId, { readings: after.readings, limit: MAX_UNITS + 1 })),
    ]);
    const isTooMuch =
      things.units.size + values.size > MAX_UNITS || things.commands.size > MAX_COMMANDS;
    if (isTooMuch) return TOO_FAR;
    // Only this run of the hub knows which bases are online: all of them are included.
    const bases = await this.#deps.bases.ofSite(siteId);
    const parts: SitePart[] = [
      ...(await this.#deps.parts.of({ ...things, bases: new Set() }, values)),
      ...bases.map((base): SitePart => ({ name: 'base.changed', body: { base } })),
      ...(await this.#commands(siteId, things.commands)),
      ...events.flatMap(saidOnce),
    ];
    if (Buffer.byteLength(JSON.stringify(parts)) > MAX_BYTES) return TOO_FAR;
    return { recovered: true, parts };
  }

  async #commands(siteId: SiteId, named: ReadonlySet<CommandId>): Promise<SitePart[]> {
    const { db, readable, live } = this.#deps;
    const newest = await commandsOfSite(db, siteId, COMMANDS);
    const known = new Set(newest.map(({ id }) => id));
    const others = await findCommands(
      db,
      [...named].filter((id) => !known.has(id)),
    );
    const wanted = newest.filter(({ id, endedAtMs }) => endedAtMs === null || named.has(id));
    return [...wanted, ...others].flatMap((record): SitePart[] => {
      const command = readable.one(record, COMMAND_VIEW);
      if (!command) return [];
      const trace = live.overTrace(record.id, record.trace);
      return [{ name: 'command.changed', body: { command: live.over(command), trace } }];
    });
  }
}

const TOO_FAR: SiteResumed = { recovered: false, reason: 'too_far' };

/** What no view keeps. */
function saidOnce(event: SiteEvent): SitePart[] {
  if (event.type === 'unit.event') {
    const { unitId, event: name, data, measuredAt } = event.data;
    const said = { unitId, event: name, ...(data === undefined ? {} : { data }) };
    return [{ name: 'unit.event', body: { ...said, atMs: fromInstant(measuredAt) } }];
  }
  if (event.type === 'readings.gap_declared') {
    const { unitId, reason, from, to, count } = event.data;
    const gap = { reason, count, fromMs: fromInstant(from), toMs: fromInstant(to) };
    return [{ name: 'readings.dropped', body: { unitId, gap } }];
  }
  return [];
}
