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

/** A unit as the hub describes it to a base. */
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
 * What the hub sends to a base, in the order of its log. `seq` counts from 1 within
 * `epoch`; an epoch ends when the log is rebuilt.
 */
export const LogEntryBody = z.discriminatedUnion('type', [
  z.object({ type: z.literal('command.issued'), data: IssuedCommand }),
  z.object({ type: z.literal('command.cancelled'), data: z.object({ commandId: CommandId }) }),
  /** Changes in the list of the base's units: the current state of these, or their removal. */
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

/** Random per entry, so that a log restored from a backup has other marks. */
export const LogMark = z.string().min(1).max(24);
export type LogMark = z.infer<typeof LogMark>;

const position = { seq: z.int().positive(), epoch: Epoch, mark: LogMark.optional() };

/** Body and position; the event name on the socket is the entry's `type`. */
export const LogEntry = z.intersection(z.object(position), LogEntryBody);
export type LogEntry = z.infer<typeof LogEntry>;

/**
 * Progress of a paged snapshot: first the units by id, then (`afterSeq` is a number)
 * the commands in log order.
 */
export const SnapshotPlace = z.strictObject({
  epoch: Epoch,
  headSeq: z.int().nonnegative(),
  afterUnitId: UnitId.nullable(),
  afterSeq: z.int().nonnegative().nullable(),
});
export type SnapshotPlace = z.infer<typeof SnapshotPlace>;

/**
 * The position of a base. `epoch` null: none yet. `mark`: that of the entry `lastSeq`,
 * if known. `next`: as the previous page returned it.
 */
export const ResumeRequest = z.strictObject({
  version: z.int(),
  epoch: Epoch.nullable(),
  lastSeq: z.int().nonnegative(),
  mark: LogMark.optional(),
  /**
   * With these each side recognises that the other was restored from a backup.
   * `settled`: the last event that the hub has confirmed. `earlier`: the last run of
   * the base that was not yet checked with the hub, and the last number that it may
   * have used.
   */
  outbox: z
    .strictObject({ settled: OutboxPlace.optional(), earlier: OutboxPlace.optional() })
    .optional(),
  next: SnapshotPlace.optional(),
});
export type ResumeRequest = z.infer<typeof ResumeRequest>;

/**
 * The answer to a resume. Either the log continues without a gap, or the snapshot of
 * what is pending replaces the base's state. `headSeq` above the last entry's `seq`:
 * request the next page. A snapshot continues at `next` and counts once its last page
 * has arrived; a page of another epoch or `headSeq` restarts it.
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
