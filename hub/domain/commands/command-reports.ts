import { type CommandStage, isStageWithin, STAGE } from '#protocol/command/command-stage.ts';
import type { TraceStep } from '#protocol/command/command.ts';
import { type CommandState, isFinal } from '#protocol/command/command-state.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import type { CommandFinished } from '#protocol/hub-link/base-events.ts';
import type { CommandProgress } from '#protocol/hub-link/socket-events.ts';
import type { BaseId, CommandId, Epoch } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import type { ClockQuality } from '#protocol/reading.ts';
import type { BaseShares } from '../bases/base-shares.ts';
import type { Owned, OwnedRecords } from '../units/owned-records.ts';
import type { Clock } from '#platform/clock.ts';
import { type Actor, HUB_ACTOR } from '#protocol/events/actor.ts';
import type { UnitOfWork, Work } from '../../store/unit-of-work.ts';
import type { UnitValues } from '../units/unit-values.ts';
import { noteAcked } from '../../store/base-log.ts';
import { type CommandRecord, heldCommands, unconfirmedUpTo } from '../../store/commands.ts';
import { settleDesiredAt } from '../../store/properties.ts';
import { ScalarValue } from '#protocol/thing/data-schema.ts';
import type { CommandStates } from './command-states.ts';
import type { LiveProgress, ProgressState } from './live-progress.ts';

export interface CommandReportsDeps {
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly states: CommandStates;
  readonly live: LiveProgress;
  readonly owned: OwnedRecords;
  readonly shares: BaseShares;
  readonly values: UnitValues;
}

/** The end of a command as its base reports it. */
interface EndReport {
  readonly base: { readonly id: BaseId };
  readonly finished: CommandFinished;
  readonly epoch: Epoch;
  readonly seq: number;
  readonly hubTime: (atMs: number) => number;
  readonly latestMs: number;
  readonly clock: ClockQuality;
}

/** How far a base holds its log, and up to where the hub has sent it entries since its request. */
interface LogPlace {
  readonly afterSeq: number;
  readonly sentSeq?: number | undefined;
}

/** Handles reports of bases about their commands. */
export class CommandReports {
  readonly #deps: CommandReportsDeps;

  constructor(deps: CommandReportsDeps) {
    this.#deps = deps;
  }

  /** Commands are being sent to the base. */
  async dispatched(work: Work, commands: readonly CommandRecord[]): Promise<void> {
    const queued = commands.filter((command) => command.state === 'queued');
    await this.#moveAll(work, queued, { to: 'dispatched', stage: STAGE.hubSent, actor: HUB_ACTOR });
  }

  /**
   * The commands in a base's log that it may still be given. Expired ones are excluded:
   * one that the base never held ends here as expired; one that it may hold is timed
   * out. A cancelled one that the base never held is excluded too.
   *
   * @param from the base holds nothing after this position in its log, except what the
   * hub has sent since its request, up to `sentSeq`: the base decides about those.
   */
  async stillWanted(
    work: Work,
    commands: readonly CommandRecord[],
    from: LogPlace,
  ): Promise<CommandRecord[]> {
    const nowMs = this.#deps.clock.nowMs();
    const open = commands.filter((command) => !isFinal(command.state));
    const late = open.filter(
      (command) =>
        command.expiresAtMs !== null && command.expiresAtMs <= nowMs && !isOnItsWay(command, from),
    );
    const neverHeld = late.filter((command) => this.#isNeverHeld(command, from.afterSeq));
    const toCancel = open.filter(
      (command) =>
        !late.includes(command) &&
        !isOnItsWay(command, from) &&
        command.cancelRequestedAtMs !== null &&
        this.#isNeverHeld(command, from.afterSeq),
    );
    const byHub = { stage: STAGE.hubSent, actor: HUB_ACTOR };
    await this.#moveAll(work, toCancel, { ...byHub, to: 'cancelled', code: 'cancelled' });
    await this.#moveAll(work, neverHeld, { ...byHub, to: 'expired', code: 'expired' });
    // From here on the base's position in the log says nothing about these.
    const unknown = late.filter(
      (command) => command.state === 'dispatched' && !neverHeld.includes(command),
    );
    await this.#moveAll(work, unknown, { ...byHub, to: 'timed_out', code: 'timed_out' });
    return open.filter((command) => !late.includes(command) && !toCancel.includes(command));
  }

  /**
   * Unreadable commands that the base may still be given: one that it never held did
   * not happen and never will. The base reports those that it may hold.
   */
  async unreadable(work: Work, commands: readonly CommandRecord[], from: LogPlace): Promise<void> {
    const lost = commands.filter(
      (command) => !isOnItsWay(command, from) && this.#isNeverHeld(command, from.afterSeq),
    );
    const change = {
      to: 'failed',
      stage: STAGE.hubSent,
      code: 'internal',
      actor: HUB_ACTOR,
    } as const;
    await this.#moveAll(work, lost, change);
  }

  /** The base holds its log up to `seq`. */
  async heldUpTo(work: Work, baseId: BaseId, seq: number): Promise<void> {
    await noteAcked(work.tx, baseId, seq);
    const commands = await unconfirmedUpTo(work.tx, baseId, seq);
    await this.#moveAll(work, commands, {
      to: 'received',
      stage: STAGE.baseJournalled,
      actor: base(baseId),
    });
  }

  /**
   * The base was restored from a backup: it may have executed what it held, and the
   * outcome is unknown.
   */
  async endHeldAsUnknown(work: Work, baseId: BaseId, ackedSeq: number): Promise<void> {
    const commands = await heldCommands(work.tx, baseId, ackedSeq);
    const change = {
      to: 'unknown',
      stage: STAGE.baseJournalled,
      code: 'outcome_unknown',
      actor: HUB_ACTOR,
    } as const;
    await this.#moveAll(work, commands, change);
  }

  /** The base acknowledged single entries: shown at once, not stored yet. */
  received(baseId: BaseId, commandIds: readonly CommandId[]): void {
    const at = toInstant(this.#deps.clock.nowMs());
    for (const id of commandIds)
      this.#progressed(id, baseId, { stage: STAGE.baseJournalled, at, state: 'received' });
  }

  /** Stores what the base acknowledged a while ago, where it has not ended since. */
  async held(
    baseId: BaseId,
    acked: { readonly commandIds: readonly CommandId[]; readonly headSeq: number },
  ): Promise<void> {
    const open = acked.commandIds.filter((id) => this.#deps.live.isOpen(id, baseId));
    if (open.length === 0) return;
    await this.#run(baseId, async (work) => {
      await noteAcked(work.tx, baseId, acked.headSeq);
      const own = await this.#deps.owned.commands(work.tx, { id: baseId }, open);
      await this.#moveAll(work, own, {
        to: 'received',
        stage: STAGE.baseJournalled,
        actor: base(baseId),
      });
    });
  }

  /** The base refused an entry. */
  async refused(baseId: BaseId, commandId: CommandId, code: ErrorCode): Promise<void> {
    await this.#run(baseId, async (work) => {
      const own = await this.#deps.owned.commands(work.tx, { id: baseId }, [commandId]);
      await this.#moveAll(work, own, {
        to: 'rejected',
        stage: STAGE.baseJournalled,
        code,
        actor: base(baseId),
      });
    });
  }

  /** How far a slow command is; serves the live trace only. */
  progress(baseId: BaseId, { commandId, state, stage }: CommandProgress): void {
    const at = toInstant(this.#deps.clock.nowMs());
    this.#progressed(commandId, baseId, { stage, at, state });
  }

  #progressed(
    commandId: CommandId,
    baseId: BaseId,
    step: TraceStep & { readonly state: ProgressState },
  ): void {
    const { live, unitOfWork } = this.#deps;
    const siteId = live.note(commandId, baseId, step);
    if (siteId === undefined) return;
    const body = { commandId, state: step.state, step };
    unitOfWork.show(siteId, { name: 'command.progress', body });
  }

  /** Its own word counts against the place too: a base may have gone back to an older copy of its disk. */
  #isNeverHeld(command: CommandRecord, afterSeq: number): boolean {
    if (command.state === 'queued') return true;
    const wasHeld = command.heldAtMs !== null || this.#deps.live.stateOf(command.id) !== undefined;
    return !wasHeld && command.seq !== null && command.seq > afterSeq;
  }

  /** The end of a command. Repeated reports are safe: the first one stands. */
  async finished(work: Work, command: Owned<CommandRecord>, report: EndReport): Promise<void> {
    const { finished, hubTime } = report;
    const nowMs = this.#deps.clock.nowMs();
    const moved = await this.#deps.states.move(work, command, {
      to: finished.outcome,
      stage: STAGE.hubRecorded,
      atMs: nowMs,
      code: finished.outcome === 'succeeded' ? undefined : finished.code,
      output: finished.output,
      duplicate: finished.duplicate,
      baseSteps: finished.trace.map((step): TraceStep => ({
        stage: step.stage,
        at: toInstant(hubTime(step.atMs)),
        ...(step.code === undefined ? {} : { code: step.code }),
        ...(step.note === undefined ? {} : { note: step.note }),
        ...(report.clock === 'synced' ? {} : { uncorrected: true as const }),
      })),
      actor: base(report.base.id),
    });
    if (moved?.state === 'succeeded') await this.#keepValue(work, moved, report);
  }

  async #moveAll(
    work: Work,
    commands: readonly CommandRecord[],
    change: {
      readonly to: CommandState;
      readonly stage: CommandStage;
      readonly code?: ErrorCode;
      readonly actor: Actor;
    },
  ): Promise<void> {
    const atMs = this.#deps.clock.nowMs();
    for (const command of commands) {
      // Already known, from an acknowledgement or a progress report.
      if (command.state === change.to) continue;
      await this.#deps.states.move(work, command, { ...change, atMs });
    }
  }

  async #run(baseId: BaseId, work: (work: Work) => Promise<void>): Promise<void> {
    const { unitOfWork, shares } = this.#deps;
    await unitOfWork.run(
      async (held) => {
        await held.hold({ siteOf: baseId });
        await work(held);
      },
      await shares.accountOf(baseId),
    );
  }

  /** The answer to a read or a write is the value in force, and as good as a report. */
  async #keepValue(work: Work, command: CommandRecord, report: EndReport): Promise<void> {
    if (command.operation === 'invokeaction') return;
    const value = ScalarValue.safeParse(report.finished.output);
    if (!value.success) return;
    // The moment of the unit's answer.
    const answered = report.finished.trace.findLast(({ stage }) =>
      isStageWithin(stage, STAGE.unitReceived, STAGE.baseMatched),
    );
    const reportedMs = answered?.atMs ?? report.finished.trace.at(-1)?.atMs;
    const atMs = reportedMs === undefined ? command.createdAtMs : report.hubTime(reportedMs);
    const unit = { id: command.unitId, key: command.unitKey, siteId: command.siteId };
    const { epoch, seq, latestMs } = report;
    await this.#deps.values.put(work, unit, {
      name: command.affordance,
      state: {
        value: value.data,
        measuredAtMs: atMs,
        receivedAtMs: atMs,
        clock: report.clock,
        place: { sample: undefined, epoch, seq, latestMs },
      },
      actor: base(report.base.id),
    });
    const property = { unitKey: command.unitKey, name: command.affordance };
    await settleDesiredAt(work.tx, property, { value: value.data, measuredAtMs: atMs, latestMs });
    work.valuesChanged(command.siteId, command.unitId);
  }
}

function base(id: BaseId): Actor {
  return { kind: 'base', id };
}

function isOnItsWay({ seq }: CommandRecord, { afterSeq, sentSeq = 0 }: LogPlace): boolean {
  return seq !== null && seq > afterSeq && seq <= sentSeq;
}
