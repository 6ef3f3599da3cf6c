import { z } from 'zod';
import { IssuedCommand } from '../command/command.ts';
import { ReportedText } from '../display-text.ts';
import { CommandId, Epoch, UnitId } from '../ids.ts';
import { LIMITS } from '../limits.ts';
import { OutboxPlace } from './outbox-place.ts';
import { Refusal } from './refusal.ts';
import { UpdateOrder } from '../rollout/update-order.ts';
import { AnyUnitAddress } from '../unit-address.ts';
import { UnitLinkKind } from '../unit-link-kind.ts';

/** A unit as the hub tells a base about it. */
export const UnitAssignment = z.object({
  unitId: UnitId,
  name: ReportedText(LIMITS.nameChars),
  address: AnyUnitAddress,
  link: UnitLinkKind,
  /** The identity the unit must have; null until first contact. */
  hardwareId: z.string().max(LIMITS.unitLink.hardwareIdChars).nullable(),
  /** The firmware it is to be brought to; absent: none that it does not have. */
  update: UpdateOrder.optional(),
});
export type UnitAssignment = z.infer<typeof UnitAssignment>;

/**
 * What the hub says to a base, in the order of its log. `seq` counts from 1
 * within `epoch`; an epoch ends when the log is rebuilt.
 */
export const LogEntryBody = z.discriminatedUnion('type', [
  z.object({ type: z.literal('command.issued'), data: IssuedCommand }),
  z.object({ type: z.literal('command.cancelled'), data: z.object({ commandId: CommandId }) }),
  /** What changed in the list of the base's units: these are as they stand here, or are gone. */
  z.object({
    type: z.literal('units.assigned'),
    data: z.object({
      units: z.array(UnitAssignment).max(LIMITS.unitsPerEntry),
      removed: z.array(UnitId).max(LIMITS.unitsPerEntry),
    }),
  }),
]);
export type LogEntryBody = z.infer<typeof LogEntryBody>;
export type LogEntryType = LogEntryBody['type'];

/** Random, one for each entry: a log that was put back from a copy gives other ones. */
export const LogMark = z.string().min(1).max(24);
export type LogMark = z.infer<typeof LogMark>;

const position = { seq: z.int().positive(), epoch: Epoch, mark: LogMark.optional() };

/** Body and position; the event name on the socket is the entry's `type`. */
export const LogEntry = z.intersection(z.object(position), LogEntryBody);
export type LogEntry = z.infer<typeof LogEntry>;

/**
 * How far a snapshot that takes several pages was sent: first the units by
 * their ids, then (`afterSeq` is a number) the commands in the order of the log.
 */
export const SnapshotPlace = z.strictObject({
  epoch: Epoch,
  headSeq: z.int().nonnegative(),
  afterUnitId: UnitId.nullable(),
  afterSeq: z.int().nonnegative().nullable(),
});
export type SnapshotPlace = z.infer<typeof SnapshotPlace>;

/**
 * Where a base stands. `epoch` null: it has nothing yet. `mark`: that of the
 * entry `lastSeq`, where it is known. `next` as the page before it said.
 */
export const ResumeRequest = z.strictObject({
  version: z.int(),
  epoch: Epoch.nullable(),
  lastSeq: z.int().nonnegative(),
  mark: LogMark.optional(),
  /**
   * By these each side recognises that the other was put back from a copy.
   * `settled`: the last event that the hub has confirmed. `earlier`: the last
   * run of the base that the hub was not asked about, and the last number
   * that it may have used.
   */
  outbox: z
    .strictObject({ settled: OutboxPlace.optional(), earlier: OutboxPlace.optional() })
    .optional(),
  next: SnapshotPlace.optional(),
});
export type ResumeRequest = z.infer<typeof ResumeRequest>;

/**
 * The answer to a resume. Either the log goes on without a gap, or it
 * cannot, and the snapshot of what is pending replaces what the base knew.
 * `headSeq` above the last entry's `seq` means: ask again for the next page.
 * A snapshot goes on at `next`; it counts when its last page is there, and a
 * page of another epoch or `headSeq` begins it anew.
 */
export const ResumeAnswer = z.discriminatedUnion('recovered', [
  z.object({
    ok: z.literal(true),
    recovered: z.literal(true),
    epoch: Epoch,
    headSeq: z.int().nonnegative(),
    entries: z.array(LogEntry).max(LIMITS.resumePageEntries),
  }),
  z.object({
    ok: z.literal(true),
    recovered: z.literal(false),
    reason: z.enum([
      'first_contact',
      'epoch_changed',
      'log_trimmed',
      'ahead_of_hub',
      'log_changed',
      'hub_behind',
      'base_behind',
    ]),
    epoch: Epoch,
    headSeq: z.int().nonnegative(),
    /** Of the entry `headSeq`. */
    mark: LogMark.optional(),
    /** Of the state at `headSeq`, all units and all commands that have not ended, this page. */
    units: z.array(UnitAssignment).max(LIMITS.unitsPerEntry),
    commands: z.array(IssuedCommand).max(LIMITS.resumePageEntries),
    next: SnapshotPlace.nullable(),
  }),
]);
export type ResumeAnswer = z.infer<typeof ResumeAnswer>;
export const ResumeReply = z.union([ResumeAnswer, Refusal]);
export type ResumeReply = z.infer<typeof ResumeReply>;

/** The base's acknowledgement of one pushed entry: it is in its journal. */
export const EntryAck = z.union([z.object({ ok: z.literal(true) }), Refusal]);
export type EntryAck = z.infer<typeof EntryAck>;
