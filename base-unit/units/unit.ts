import type { RetryReason, UnitSession, Delivered } from '../drivers/port/unit-driver.ts';
import type { Logger } from 'pino';
import { STAGE } from '#protocol/command/command-stage.ts';
import { AppError, type ErrorCode } from '#protocol/errors.ts';
import type { IssuedCommand } from '#protocol/command/command.ts';
import type { CommandId } from '#protocol/ids.ts';
import {
  type CommandTask,
  outcomeUnknown,
  MAX_ATTEMPTS,
  type TaskEnd,
  trace,
  unlessUnknown,
} from '../drivers/port/command-task.ts';
import { Timers } from '#platform/timers.ts';
import type { StoredUnit } from '../store/unit-list.ts';
import { CommandQueue } from './command-queue.ts';
import { UnitConnector, type UnitConnectorDeps } from './unit-connector.ts';
import { MaintenanceSchedule } from './maintenance-schedule.ts';
import type { MaintenanceTask, Maintenance } from './maintenance-task.ts';
import { backoffMs, busyPauseMs } from './retry-timing.ts';
import type { PresenceNow } from '../drivers/port/unit-events.ts';

export interface UnitDeps extends UnitConnectorDeps {
  /** The hub's clock, which the time of commands is judged by. */
  readonly hubNowMs: () => number;
  /** What is done with units beside commands; undefined: nothing. */
  readonly maintenance?: Maintenance;
}

/** After a command, the connection to an on-demand unit stays open for further commands and until a fade ends. */
const KEEP_CONNECTED_MS = 8_000;
const FADE_MARGIN_MS = 1_000;
/** When the base stops, the command in flight may still be answered. */
const CLOSE_PATIENCE_MS = 2_000;

/** One unit: sends its commands, one at a time over all its sessions. Never touches another's. */
export class Unit {
  readonly #deps: UnitDeps;
  readonly #log: Logger;
  readonly #queue = new CommandQueue();
  readonly #connector: UnitConnector;
  /** Queued while a connection was being made for something else: its failure does not fail these. */
  readonly #queuedDuringConnect = new Set<CommandTask>();
  readonly #timers: Timers<'expiry' | 'pause' | 'backoff' | 'patience'>;
  readonly #maintenance: MaintenanceSchedule;
  #isClosed = false;
  #inFlight: { readonly task?: CommandTask; readonly done: Promise<void> } | undefined;

  constructor(unit: StoredUnit, deps: UnitDeps) {
    this.#log = deps.log.child({ unitId: unit.unitId });
    this.#deps = { ...deps, log: this.#log };
    this.#timers = new Timers(deps.clock);
    this.#maintenance = new MaintenanceSchedule({
      clock: deps.clock,
      unitId: unit.unitId,
      maintenance: deps.maintenance,
      due: () => this.nudge(),
      turn: () => this.#pump(),
    });
    this.#connector = new UnitConnector(unit, this.#deps, {
      isWaiting: () => this.#next() !== undefined,
      ready: () => {
        this.#queuedDuringConnect.clear();
        if (this.#connector.session) this.#maintenance.connected(this.#connector.session.identity);
        this.#pump();
      },
      failed: (code) => {
        this.#failInvokes(code);
      },
    });
  }

  get stored(): StoredUnit {
    return this.#connector.stored;
  }

  get presence(): PresenceNow {
    return this.#connector.presence;
  }

  get waiting(): number {
    return this.#queue.length + Number(this.#inFlight?.task !== undefined);
  }

  get isConnected(): boolean {
    return this.#connector.session !== undefined;
  }

  /** Whether every moment without a connection costs readings. */
  get losesReadings(): boolean {
    return this.#connector.losesReadings;
  }

  /** What the unit says it is; null until it was reached. */
  get hardwareId(): string | null {
    return this.stored.hardwareId;
  }

  start(delayMs: number): void {
    this.#connector.start(delayMs);
  }

  republishPresence(): void {
    this.#connector.republishPresence();
  }

  describeAgain(): void {
    this.#connector.describeAgain();
  }

  /** Accepts a command; its end is reported in any case. */
  submit(task: CommandTask): void {
    const { command } = task;
    if (this.#isClosed) {
      this.#giveUp(task, { outcome: 'rejected', code: 'unit_unknown' });
      return;
    }
    this.#supersede(task);
    if (!this.#queue.push(task)) {
      this.#giveUp(task, { outcome: 'rejected', code: 'queue_full' });
      return;
    }
    if (this.#connector.isConnecting && command.verb === 'invoke')
      this.#queuedDuringConnect.add(task);
    this.#armExpiry();
    this.#connector.skipWait();
    this.#pump();
  }

  /** Whether it would leave right after it is submitted, and is harmless to repeat. */
  leavesAtOnce(command: IssuedCommand): boolean {
    const { session } = this.#connector;
    if (this.#isClosed || this.#inFlight || this.#timers.has('pause') || this.#queue.length > 0)
      return false;
    if (session?.isOpen !== true || session.identity.safeMode) return false;
    return session.model.isRepeatableWrite(command);
  }

  /** @returns false when it has left already, or was never here. */
  cancel(commandId: CommandId): boolean {
    const [task] = this.#queue.remove((waiting) => waiting.command.id === commandId);
    if (!task) return false;
    this.#giveUp(task, { outcome: 'cancelled', code: 'cancelled' });
    return true;
  }

  /** The hub or the configuration says something new about this unit. */
  update(unit: StoredUnit): void {
    this.#connector.update(unit);
  }

  /** What kept the unit from being connected may be fixed now. */
  connectNow(): void {
    this.#connector.skipWait();
    this.#connector.connect();
  }

  /** There is work beside commands. */
  nudge(): void {
    this.#connector.skipWait();
    this.#pump();
  }

  /** Until the connection that is being made now is there or given up. */
  async idle(): Promise<void> {
    await this.#connector.idle();
  }

  /** Removes the unit: waiting commands are rejected. Its address is free once this is done. */
  async remove(): Promise<void> {
    this.#refuseWaiting();
    await this.close();
    this.#refuseWaiting();
    await this.#connector.idle();
  }

  /** Says goodbye. Waiting commands stay in the journal for the next start. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#timers.clear();
    this.#maintenance.close();
    this.#connector.stop();
    if (this.#inFlight) {
      const { done } = this.#inFlight;
      await Promise.race([done, this.#patience()]);
    }
    this.#timers.cancel('patience');
    this.#connector.close();
    await this.#inFlight?.done;
  }

  async #patience(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#timers.set('patience', CLOSE_PATIENCE_MS, resolve);
    });
  }

  /** Starts whatever is next. Called after every change; never waits. */
  #pump(): void {
    if (this.#isClosed || this.#inFlight || this.#timers.has('pause')) return;
    this.#expire();
    // A late answer has ended these.
    this.#queue.remove(({ end }) => end !== undefined);
    const next = this.#next();
    const maintenance = this.#maintenance.next();
    const { session, isDue } = this.#connector;
    if (session) {
      if (next && !session.identity.safeMode) this.#deliver(next, session);
      else if (maintenance) this.#runMaintenance(maintenance, session);
      else this.#connector.startIdleTimer();
    } else if ((next || maintenance) && !isDue) {
      this.#connector.connect();
    }
    this.#armExpiry();
    this.#armBackoff();
  }

  #next(): CommandTask | undefined {
    return this.#queue.next(this.#deps.clock.monotonicMs());
  }

  #supersede(task: CommandTask): void {
    const older = this.#queue.removeSuperseded(task, this.#deps.clock.monotonicMs());
    for (const one of older) this.#giveUp(one, { outcome: 'superseded', code: 'superseded' });
  }

  #expire(): void {
    for (const task of this.#queue.removeExpired(this.#deps.hubNowMs())) {
      const end: TaskEnd = { outcome: 'expired', code: 'expired' };
      this.#finish(task, task.mayHaveRun ? outcomeUnknown('unit_timeout') : end);
    }
  }

  #armExpiry(): void {
    this.#timers.cancel('expiry');
    const nextMs = this.#queue.nextExpiryMs();
    if (nextMs === undefined || this.#isClosed) return;
    this.#timers.set('expiry', nextMs - this.#deps.hubNowMs(), () => {
      this.#expire();
      this.#armExpiry();
    });
  }

  #deliver(task: CommandTask, session: UnitSession): void {
    this.#queue.removeOne(task);
    this.#connector.stopIdleTimer();
    trace(task, { stage: STAGE.baseDequeued, atMs: this.#deps.clock.nowMs() });
    this.#log.debug({ commandId: task.command.id, stage: STAGE.baseDequeued }, 'command dequeued');
    const done = this.#execute(task, session)
      .catch((error: unknown) => {
        this.#log.error({ err: error, commandId: task.command.id }, 'result not recorded');
      })
      .then(() => {
        this.#inFlight = undefined;
        this.#pump();
      })
      .catch((error: unknown) => {
        this.#log.error({ err: error }, 'command queue stalled');
      });
    this.#inFlight = { task, done };
  }

  /** Runs one step, so that commands which arrive meanwhile go first. */
  #runMaintenance(maintenance: MaintenanceTask, session: UnitSession): void {
    this.#connector.stopIdleTimer();
    const done = maintenance
      .step(session)
      .catch((error: unknown) => {
        this.#log.error({ err: error }, 'maintenance failed');
        session.refuse('internal');
      })
      .then(() => {
        this.#connector.keepAtLeast(KEEP_CONNECTED_MS);
        this.#inFlight = undefined;
        if (!this.#isClosed) this.#maintenance.yieldTurn();
        this.#pump();
      });
    this.#inFlight = { done };
  }

  async #execute(task: CommandTask, session: UnitSession): Promise<void> {
    let delivered: Delivered;
    try {
      delivered = await session.deliver(task, this.#deps);
    } catch (error) {
      const code = error instanceof AppError ? error.code : 'internal';
      this.#log.error({ err: error, commandId: task.command.id }, 'command execution failed');
      delivered = { kind: 'ended', end: unlessUnknown(task, { outcome: 'failed', code }) };
    }
    const fadeMs = (task.command.transitionMs ?? 0) + FADE_MARGIN_MS;
    this.#connector.keepAtLeast(Math.max(KEEP_CONNECTED_MS, fadeMs));
    if (delivered.kind === 'ended') this.#finish(task, delivered.end);
    else this.#retry(task, delivered.reason);
  }

  #retry(task: CommandTask, reason: RetryReason): void {
    if (task.end) return;
    this.#log.info(
      { commandId: task.command.id, reason, attempt: task.attempts },
      'retry scheduled',
    );
    if (task.command.verb === 'set' && task.attempts >= MAX_ATTEMPTS) {
      this.#backOff(task);
      return;
    }
    this.#queue.unshift(task);
    const mayPass = reason === 'unit_busy' || reason === 'unit_silent';
    if (!mayPass || this.#isClosed) return;
    this.#timers.set('pause', busyPauseMs(task), () => this.#pump());
  }

  /** Lets other commands go first. If one of them writes the same affordance, this one is superseded: it would undo the newer value. */
  #backOff(task: CommandTask): void {
    if (this.#queue.hasSameWrite(task)) {
      this.#giveUp(task, { outcome: 'superseded', code: 'superseded' });
      return;
    }
    const { clock, random } = this.#deps;
    const restMs = backoffMs(task, random);
    task.backoffUntilMs = clock.monotonicMs() + restMs;
    this.#log.info({ commandId: task.command.id, restMs }, 'backing off');
    this.#queue.unshift(task);
  }

  #armBackoff(): void {
    this.#timers.cancel('backoff');
    const now = this.#deps.clock.monotonicMs();
    const atMs = this.#queue.nextBackedOffMs(now);
    if (atMs === undefined || this.#isClosed) return;
    this.#timers.set('backoff', atMs - now, () => {
      this.#connector.skipWait();
      this.#pump();
    });
  }

  #refuseWaiting(): void {
    for (const task of this.#queue.remove(() => true)) {
      this.#giveUp(task, { outcome: 'rejected', code: 'unit_unknown' });
    }
  }

  /** `invoke` fails if the unit cannot be reached now; other verbs wait until they expire. */
  #failInvokes(code: ErrorCode): void {
    const failed = this.#queue.remove(
      (task) => task.command.verb === 'invoke' && !this.#queuedDuringConnect.has(task),
    );
    this.#queuedDuringConnect.clear();
    for (const task of failed) this.#giveUp(task, { outcome: 'failed', code });
    if (this.#next()?.command.verb === 'invoke') {
      this.#connector.skipWait();
      this.#connector.connect();
    }
    this.#armExpiry();
  }

  /** Ends a waiting command. If its bytes were written before, its outcome is unknown. */
  #giveUp(task: CommandTask, end: TaskEnd): void {
    this.#finish(task, unlessUnknown(task, end));
  }

  #finish(task: CommandTask, end: TaskEnd): void {
    // A late answer to an earlier attempt may have ended it.
    if (task.end) return;
    task.end = end;
    this.#queuedDuringConnect.delete(task);
    task.owner.finished(task, end);
  }
}
