import type { CommandState } from '#protocol/command/command-state.ts';
import { isFinal } from '#protocol/command/command-state.ts';
import type { Command } from '#protocol/command/command.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import type { BaseView } from '#protocol/http/bases.ts';
import type { UnitView } from '#protocol/http/units.ts';
import type { BaseId, CommandId, UnitId } from '#protocol/ids.ts';
import { fromInstant, type Json } from '#protocol/json.ts';
import type { BasePresence, UnitState } from '#protocol/presence.ts';
import type { ReadingGap } from '#protocol/reading.ts';

/** Something that happened at the site, as the Activity page lists it. */
export type ActivityEntry =
  | {
      readonly kind: 'command';
      readonly key: string;
      readonly atMs: number;
      readonly commandId: CommandId;
      readonly unitId: UnitId;
      readonly affordance: string;
      readonly state: CommandState;
      readonly code?: ErrorCode;
    }
  | {
      readonly kind: 'unit';
      readonly key: string;
      readonly atMs: number;
      readonly unitId: UnitId;
      readonly state: UnitState;
      readonly code?: ErrorCode;
    }
  | {
      readonly kind: 'base';
      readonly key: string;
      readonly atMs: number;
      readonly baseId: BaseId;
      readonly state: BasePresence['state'];
    }
  | {
      readonly kind: 'event';
      readonly key: string;
      readonly atMs: number;
      readonly unitId: UnitId;
      readonly event: string;
      readonly data?: Json;
    }
  | {
      readonly kind: 'gap';
      readonly key: string;
      readonly atMs: number;
      readonly unitId: UnitId;
      readonly gap: ReadingGap;
    };

const MAX_ENTRIES = 500;

/** The entry of a command: one per command, moved to the time of its latest news. */
export function commandActivity(command: Command): ActivityEntry {
  const ended = isFinal(command.state) ? command.endedAt : null;
  return {
    kind: 'command',
    key: command.id,
    atMs: fromInstant(ended ?? command.createdAt),
    commandId: command.id,
    unitId: command.unitId,
    affordance: command.affordance,
    state: command.state,
    ...(command.code === undefined ? {} : { code: command.code }),
  };
}

/** The entry of a unit's presence, where it differs from the one before. */
export function unitActivity(
  before: UnitView | undefined,
  after: UnitView,
): ActivityEntry | undefined {
  const { presence } = after;
  if (!before || before.presence.state === presence.state) return undefined;
  return {
    kind: 'unit',
    key: `${after.id}@${presence.since}`,
    atMs: fromInstant(presence.since),
    unitId: after.id,
    state: presence.state,
    ...(presence.code === undefined ? {} : { code: presence.code }),
  };
}

export function baseActivity(
  before: BaseView | undefined,
  after: BaseView,
): ActivityEntry | undefined {
  if (before?.presence.state === after.presence.state) return undefined;
  return {
    kind: 'base',
    key: `${after.id}@${after.presence.since}`,
    atMs: fromInstant(after.presence.since),
    baseId: after.id,
    state: after.presence.state,
  };
}

/** Readings that were given up; listed at the time of the last of them. */
export function gapActivity(unitId: UnitId, gap: ReadingGap): ActivityEntry {
  const { fromMs, toMs, reason } = gap;
  return { kind: 'gap', key: `${unitId}/${reason}@${fromMs}-${toMs}`, atMs: toMs, unitId, gap };
}

/** Adds entries, newest first; an entry with a known key takes the older one's place. */
export function addActivity(
  entries: readonly ActivityEntry[],
  added: readonly ActivityEntry[],
): readonly ActivityEntry[] {
  if (added.length === 0) return entries;
  const keys = new Set(added.map((entry) => entry.key));
  return [...added, ...entries.filter((entry) => !keys.has(entry.key))]
    .sort((a, b) => b.atMs - a.atMs)
    .slice(0, MAX_ENTRIES);
}
