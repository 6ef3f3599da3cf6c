import type { Logger } from 'pino';
import { z } from 'zod';
import { IssuedCommand } from '#protocol/command/command.ts';
import { AppError } from '#protocol/errors.ts';
import {
  type ResumeAnswer,
  type SnapshotPlace,
  UnitAssignment,
} from '#protocol/hub-link/base-log.ts';
import { CommandId, type Epoch } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';

export type SnapshotReason = Extract<ResumeAnswer, { recovered: false }>['reason'];

/** A page as received: its parts are validated one by one. */
export interface SnapshotPage {
  readonly reason: SnapshotReason;
  readonly epoch: Epoch;
  readonly headSeq: number;
  readonly units: readonly unknown[];
  readonly commands: readonly unknown[];
  readonly next: SnapshotPlace | null;
}

/** All that is pending at `headSeq`. */
export interface Snapshot {
  /** From its first page; the others continue it. */
  readonly reason: SnapshotReason;
  readonly epoch: Epoch;
  readonly headSeq: number;
  readonly units: readonly UnitAssignment[];
  readonly commands: readonly IssuedCommand[];
  /** Commands of which only the id can be parsed. */
  readonly unreadable: readonly CommandId[];
}

interface Collected extends Snapshot {
  readonly units: UnitAssignment[];
  readonly commands: IssuedCommand[];
  readonly unreadable: CommandId[];
}

const AnyCommand = z.object({ id: CommandId });
/** Twice what there is when the queue of each unit is full. */
const MAX_COMMANDS = 2 * LIMITS.unitsPerBase * LIMITS.queuedCommandsPerUnit;

/**
 * Collects a paged snapshot. Nothing of it counts before its last page; until then the
 * base keeps its position.
 */
export class SnapshotPages {
  readonly #log: Logger;
  #collected: Collected | undefined;
  #next: SnapshotPlace | undefined;

  constructor(deps: { readonly log: Logger }) {
    this.#log = deps.log;
  }

  /** Where the next page begins; undefined: at the start. */
  get next(): SnapshotPlace | undefined {
    return this.#next;
  }

  /** On a new connection, or when the log could be continued after all. */
  forget(): void {
    this.#collected = undefined;
    this.#next = undefined;
  }

  /** @returns the snapshot with its last page. */
  add(page: SnapshotPage): Snapshot | undefined {
    const { epoch, headSeq, reason } = page;
    const before = this.#collected;
    const isSame = before?.epoch === epoch && before.headSeq === headSeq;
    const collected = isSame
      ? before
      : { reason, epoch, headSeq, units: [], commands: [], unreadable: [] };
    this.#checkNext(page);
    for (const unit of page.units) this.#addUnit(collected, unit);
    for (const command of page.commands) this.#addCommand(collected, command);
    const { units, commands, unreadable } = collected;
    const isTooLong =
      units.length > LIMITS.unitsPerBase || commands.length + unreadable.length > MAX_COMMANDS;
    if (isTooLong) throw new AppError('body_too_large');
    this.#collected = collected;
    this.#next = page.next ?? undefined;
    if (page.next !== null) return undefined;
    this.forget();
    return collected;
  }

  /** Each page begins after the previous one: otherwise a hub could continue forever. */
  #checkNext({ next, epoch, headSeq }: SnapshotPage): void {
    if (!next) return;
    const isOfThis = next.epoch === epoch && next.headSeq === headSeq;
    if (!isOfThis || !isBehind(next, this.#next)) throw new AppError('bad_request');
  }

  #addUnit({ units }: Collected, sent: unknown): void {
    const unit = UnitAssignment.safeParse(sent);
    if (unit.success) units.push(unit.data);
    else this.#log.error({ err: unit.error }, 'invalid unit in snapshot');
  }

  #addCommand({ commands, unreadable }: Collected, sent: unknown): void {
    const command = IssuedCommand.safeParse(sent);
    if (command.success) {
      commands.push(command.data);
      return;
    }
    const commandId = AnyCommand.safeParse(sent).data?.id;
    if (commandId !== undefined) unreadable.push(commandId);
    this.#log.error({ commandId, err: command.error }, 'invalid pending command');
  }
}

/** Units come by id, and after the last of them the commands in log order. */
function isBehind(next: SnapshotPlace, before: SnapshotPlace | undefined): boolean {
  if (!before || before.epoch !== next.epoch || before.headSeq !== next.headSeq) return true;
  if (next.afterSeq !== null) return next.afterSeq > (before.afterSeq ?? -1);
  return before.afterSeq === null && (next.afterUnitId ?? '') > (before.afterUnitId ?? '');
}
