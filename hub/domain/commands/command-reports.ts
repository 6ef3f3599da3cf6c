import type { TraceStep } from '#protocol/command/command.ts';
import { type CommandState, isFinal } from '#protocol/command/command-state.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import type { CommandFinished } from '#protocol/hub-link/base-events.ts';
import type { CommandProgress } from '#protocol/hub-link/socket-events.ts';
import type { BaseId, CommandId, Epoch } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import type { ClockQuality } from '#protocol/reading.ts';
import type { BaseShares } from '../bases/base-shares.ts';
import type { Owned, OwnedRows } from '../units/owned-rows.ts';
import type { Clock } from '#platform/clock.ts';
import { AfterCommit } from '../../store/after-commit.ts';
import { noteAcked } from '../../store/base-log.ts';
import { type CommandRow, heldCommands, traceOf, unconfirmedUpTo } from '../../store/commands.ts';
import type { GroupCommit } from '../../store/engine/sqlite/group-commit.ts';
import { putReported, settleDesiredAt } from '../../store/properties.ts';
import type { Tx } from '../../store/schema.ts';
import type { UnitChanges } from '../units/unit-changes.ts';
import { ScalarValue } from '#protocol/thing/data-schema.ts';
import { isCancelAsked } from './cancel-asked.ts';
import type { CommandStates } from './command-states.ts';

export interface CommandReportsDeps {
  readonly writer: GroupCommit;
  readonly clock: Clock;
  readonly states: CommandStates;
  readonly owned: OwnedRows;
  readonly shares: BaseShares;
  readonly unitChanges: UnitChanges;
}

/** What bases say of the commands they were given. */
export class CommandReports {
  readonly #deps: CommandReportsDeps;

  constructor(deps: CommandReportsDeps) {
    this.#deps = deps;
  }

  /** Commands are on their way to the base (hop 4). */
  async dispatched(tx: Tx, rows: readonly CommandRow[], after: AfterCommit): Promise<void> {
    const queued = rows.filter((row) => row.state === 'queued');
    await this.#moveAll(tx, queued, { to: 'dispatched', hop: 4, after });
  }

  /**
   * Of the commands in a base's log, those that it may still be given. One
   * whose time is over is not among them; where the base never held it, it
   * did not happen, and ends here; where it may have, it is timed out. Nor is
   * one that was asked back and that the base never held.
   *
   * @param from the base holds nothing that came after this place in its log,
   * except for what the hub sent it since it asked, up to `sentSeq`: that one
   * it judges itself.
   */
  async stillWanted(
    tx: Tx,
    rows: readonly CommandRow[],
    from: {
      readonly afterSeq: number;
      readonly sentSeq?: number | undefined;
      readonly after: AfterCommit;
    },
  ): Promise<CommandRow[]> {
    const nowMs = this.#deps.clock.nowMs();
    const open = rows.filter((row) => !isFinal(row.state));
    const isOnItsWay = ({ seq }: CommandRow): boolean =>
      seq !== null && seq > from.afterSeq && seq <= (from.sentSeq ?? 0);
    const late = open.filter(
      (row) => row.expires_at !== null && row.expires_at <= nowMs && !isOnItsWay(row),
    );
    const neverHeld = late.filter((row) => isNeverHeld(row, from.afterSeq));
    const takenBack = open.filter(
      (row) =>
        !late.includes(row) &&
        !isOnItsWay(row) &&
        isCancelAsked(row) &&
        isNeverHeld(row, from.afterSeq),
    );
    const { after } = from;
    await this.#moveAll(tx, takenBack, { to: 'cancelled', hop: 4, code: 'cancelled', after });
    await this.#moveAll(tx, neverHeld, {
      to: 'expired',
      hop: 4,
      code: 'expired',
      after: from.after,
    });
    // From here on the place of the base in the log says nothing of these any more.
    const inDoubt = late.filter((row) => row.state === 'dispatched' && !neverHeld.includes(row));
    await this.#moveAll(tx, inDoubt, {
      to: 'timed_out',
      hop: 4,
      code: 'timed_out',
      after: from.after,
    });
    return open.filter((row) => !late.includes(row) && !takenBack.includes(row));
  }

  /** The base says that it holds its log up to `seq` (hop 5). */
  async heldUpTo(
    tx: Tx,
    baseId: BaseId,
    held: { readonly seq: number; readonly after: AfterCommit },
  ): Promise<void> {
    await noteAcked(tx, baseId, held.seq);
    const rows = await unconfirmedUpTo(tx, baseId, held.seq);
    await this.#moveAll(tx, rows, { to: 'received', hop: 5, after: held.after });
  }

  /**
   * The base was put back from a copy: it may have carried out what it held,
   * and nobody is left who could say.
   */
  async doubtHeld(tx: Tx, baseId: BaseId, after: AfterCommit): Promise<void> {
    const rows = await heldCommands(tx, baseId);
    await this.#moveAll(tx, rows, { to: 'unknown', hop: 5, code: 'in_doubt', after });
  }

  /** The base acknowledged single entries (hop 5). */
  async received(
    baseId: BaseId,
    acked: { readonly commandIds: readonly CommandId[]; readonly headSeq: number },
  ): Promise<void> {
    await this.#run(baseId, async (tx, after) => {
      await noteAcked(tx, baseId, acked.headSeq);
      const own = await this.#deps.owned.commands(tx, { id: baseId }, acked.commandIds);
      await this.#moveAll(tx, own, { to: 'received', hop: 5, after });
    });
  }

  /** The base would not take an entry. */
  async refused(baseId: BaseId, commandId: CommandId, code: ErrorCode): Promise<void> {
    await this.#run(baseId, async (tx, after) => {
      const own = await this.#deps.owned.commands(tx, { id: baseId }, [commandId]);
      await this.#moveAll(tx, own, { to: 'rejected', hop: 5, code, after });
    });
  }

  /** How far a slow command is; serves the live trace only. */
  async progress(baseId: BaseId, progress: CommandProgress): Promise<void> {
    await this.#run(baseId, async (tx, after) => {
      const own = await this.#deps.owned.commands(tx, { id: baseId }, [progress.commandId]);
      await this.#moveAll(tx, own, { to: progress.state, hop: progress.hop, after });
    });
  }

  /**
   * How a command ended (hop 14). A second report of an end is harmless: the
   * first one stands.
   */
  async finished(
    tx: Tx,
    row: Owned<CommandRow>,
    report: {
      readonly finished: CommandFinished;
      readonly epoch: Epoch;
      readonly seq: number;
      readonly hubTime: (atMs: number) => number;
      readonly latestMs: number;
      readonly clock: ClockQuality;
      readonly after: AfterCommit;
    },
  ): Promise<void> {
    const { finished, hubTime, after } = report;
    const nowMs = this.#deps.clock.nowMs();
    const moved = await this.#deps.states.move(tx, row, {
      to: finished.outcome,
      hop: 14,
      atMs: nowMs,
      code: finished.outcome === 'succeeded' ? undefined : finished.code,
      output: finished.output,
      duplicate: finished.duplicate,
      baseSteps: finished.trace.map((step): TraceStep => ({
        hop: step.hop,
        at: toInstant(hubTime(step.atMs)),
        ...(step.code === undefined ? {} : { code: step.code }),
        ...(step.note === undefined ? {} : { note: step.note }),
        ...(report.clock === 'synced' ? {} : { uncorrected: true as const }),
      })),
      after,
    });
    if (moved?.state === 'succeeded') await keepValue(tx, moved, report);
  }

  async #moveAll(
    tx: Tx,
    rows: readonly CommandRow[],
    change: {
      readonly to: CommandState;
      readonly hop: number;
      readonly code?: ErrorCode;
      readonly after: AfterCommit;
    },
  ): Promise<void> {
    const atMs = this.#deps.clock.nowMs();
    for (const row of rows) {
      // Said already, by an acknowledgement or a progress report.
      if (row.state === change.to) continue;
      await this.#deps.states.move(tx, row, { ...change, atMs });
    }
  }

  async #run(baseId: BaseId, work: (tx: Tx, after: AfterCommit) => Promise<void>): Promise<void> {
    const { writer, shares } = this.#deps;
    const after = new AfterCommit();
    const account = await shares.accountOf(baseId);
    await writer.run((tx) => work(tx, after), account);
    after.run();
    this.#deps.unitChanges.tellAfter(after);
  }
}

/** Its own word counts against the place too: a base may have gone back to an older copy of its disk. */
function isNeverHeld(row: CommandRow, afterSeq: number): boolean {
  if (row.state === 'queued') return true;
  const wasHeld = traceOf(row).some(({ state }) => state === 'received' || state === 'running');
  return !wasHeld && row.seq !== null && row.seq > afterSeq;
}

/** The answer to a read or a write is the value in force, and as good as a report. */
async function keepValue(
  tx: Tx,
  row: CommandRow,
  report: {
    readonly finished: CommandFinished;
    readonly epoch: Epoch;
    readonly seq: number;
    readonly hubTime: (atMs: number) => number;
    readonly latestMs: number;
    readonly clock: ClockQuality;
    readonly after: AfterCommit;
  },
): Promise<void> {
  if (row.operation === 'invokeaction') return;
  const value = ScalarValue.safeParse(report.finished.output);
  if (!value.success) return;
  // The moment of the unit's answer.
  const answered = report.finished.trace.findLast((step) => step.hop >= 9 && step.hop <= 11);
  const toldMs = answered?.atMs ?? report.finished.trace.at(-1)?.atMs;
  const atMs = toldMs === undefined ? row.created_at : report.hubTime(toldMs);
  const property = { unitKey: row.unit_key, name: row.affordance };
  const { epoch, seq, latestMs } = report;
  await putReported(tx, property, {
    value: value.data,
    measuredAtMs: atMs,
    receivedAtMs: atMs,
    clock: report.clock,
    place: { sample: undefined, epoch, seq, latestMs },
  });
  await settleDesiredAt(tx, property, { value: value.data, measuredAtMs: atMs, latestMs });
  report.after.valuesChanged(row.unit_id);
}
