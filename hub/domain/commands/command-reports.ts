import { type CommandStage, isStageWithin, STAGE } from '#protocol/command/command-stage.ts';
import type { TraceStep } from '#protocol/command/command.ts';
import type { CommandState } from '#protocol/command/command-state.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import type { CommandFinished } from '#protocol/hub-link/base-events.ts';
import type { CommandProgress } from '#protocol/hub-link/socket-events.ts';
import type { CommandId, Epoch } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import type { ClockQuality } from '#protocol/reading.ts';
import type { Owned } from '../units/owned-records.ts';
import type { Clock } from '#platform/clock.ts';
import { type Actor, HUB_ACTOR } from '#protocol/events/actor.ts';
import type { UnitOfWork, Work } from '../../store/unit-of-work.ts';
import type { UnitValues } from '../units/unit-values.ts';
import type { CommandRecord } from '../../store/command-record.ts';
import { settleDesiredAt } from '../../store/desired-values.ts';
import { ScalarValue } from '#protocol/thing/data-schema.ts';
import { actorOf, type TelemetrySource } from '../../kernel/telemetry-source.ts';
import type { CommandStates } from './command-states.ts';
import type { Carrier, LiveProgress } from './live-progress.ts';

export interface CommandReportsDeps {
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly states: CommandStates;
  readonly live: LiveProgress;
  readonly values: UnitValues;
}

/** The end of a command as it is reported. */
interface EndReport {
  readonly source: TelemetrySource;
  readonly finished: CommandFinished;
  readonly epoch: Epoch;
  readonly seq: number;
  readonly hubTime: (atMs: number) => number;
  readonly latestMs: number;
  readonly clock: ClockQuality;
}

/** What becomes of commands, by the word of whoever carries them. */
export class CommandReports {
  readonly #deps: CommandReportsDeps;

  constructor(deps: CommandReportsDeps) {
    this.#deps = deps;
  }

  /** Commands are being sent. */
  async dispatched(work: Work, commands: readonly CommandRecord[]): Promise<void> {
    const queued = commands.filter((command) => command.state === 'queued');
    await this.moveAll(work, queued, { to: 'dispatched', stage: STAGE.hubSent, actor: HUB_ACTOR });
    work.wake(() => this.#follow(commands));
  }

  /** From here on who carries it reports to this hub, whichever stored it. */
  #follow(commands: readonly CommandRecord[]): void {
    for (const { id, baseId, unitId, siteId } of commands) {
      this.#deps.live.sent(id, { carrier: baseId ?? unitId, siteId });
    }
  }

  /** How far a slow command is; serves the live trace only. */
  progress(carrier: Carrier, { commandId, state, stage }: Omit<CommandProgress, 'atMs'>): void {
    const { clock, live, unitOfWork } = this.#deps;
    const step = { stage, at: toInstant(clock.nowMs()), state };
    const siteId = live.note(commandId, carrier, step);
    if (siteId === undefined) return;
    const body = { commandId, state, step };
    unitOfWork.show(siteId, { name: 'command.progress', body });
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
      actor: actorOf(report.source, command.unitId),
    });
    if (moved?.state === 'succeeded') await this.#keepValue(work, moved, report);
  }

  /** Moves those that may move; the others stay as they are. */
  async moveAll(
    work: Work,
    commands: readonly CommandRecord[],
    change: {
      readonly to: CommandState;
      readonly stage: CommandStage;
      readonly code?: ErrorCode;
      readonly mayBeDone?: boolean;
      readonly actor: Actor;
    },
  ): Promise<void> {
    const { clock, live, states } = this.#deps;
    const { to } = change;
    const atMs = clock.nowMs();
    // What was shown already is stored as it was shown.
    const reportedMs = (id: CommandId) =>
      to === 'received' || to === 'running' ? live.reachedMs(id, to) : undefined;
    for (const command of commands) {
      // Already known, from an acknowledgement or a progress report.
      if (command.state === change.to) continue;
      await states.move(work, command, { ...change, atMs: reportedMs(command.id) ?? atMs });
    }
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
      actor: actorOf(report.source, command.unitId),
    });
    const property = { unitKey: command.unitKey, name: command.affordance };
    await settleDesiredAt(work.tx, property, { value: value.data, measuredAtMs: atMs, latestMs });
    work.valuesChanged(command.siteId, command.unitId);
  }
}
