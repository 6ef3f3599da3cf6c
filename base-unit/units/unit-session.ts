import type { AgainReason, ConnectedUnit, Delivered } from '../drivers/port/unit-driver.ts';
import type { Logger } from 'pino';
import { AppError, type ErrorCode } from '#protocol/errors.ts';
import type { IssuedCommand } from '#protocol/command/command.ts';
import type { CommandId } from '#protocol/ids.ts';
import {
  type CommandTask,
  inDoubt,
  MOST_ATTEMPTS,
  type TaskEnd,
  trace,
  unlessInDoubt,
} from '../drivers/port/command-task.ts';
import type { CancelTimer } from '#platform/clock.ts';
import type { StoredUnit } from '../store/unit-list.ts';
import { CommandQueue } from './command-queue.ts';
import { UnitContact, type UnitContactDeps } from './unit-contact.ts';
import type { UnitChore, UnitChores } from './unit-chore.ts';
import type { PresenceNow } from '../drivers/port/unit-events.ts';

export interface UnitSessionDeps extends UnitContactDeps {
  /** The hub's clock, which the time of commands is judged by. */
  readonly hubNowMs: () => number;
  /** What is done with units beside commands; undefined: nothing. */
  readonly chores?: UnitChores;
}

/** After a command to a unit on demand the connection stays for more of them, and for a fade's end. */
const LINGER_MS = 8_000;
const FADE_MARGIN_MS = 1_000;
/** Between tries of a busy unit; doubles up to the most, which later commands wait for as well. */
const BUSY_RETRY_MS = 500;
const MOST_BUSY_RETRY_MS = 4_000;
/** A wish that the unit leaves unanswered, or falls over at, comes back after a rest that doubles. */
const FIRST_REST_MS = 30_000;
const MOST_REST_MS = 600_000;
/** When the base stops, the command under way may still be answered. */
const CLOSE_PATIENCE_MS = 2_000;

/** The commands of one unit, one at a time over all its connections. Never touches another unit's. */
export class UnitSession {
  readonly #deps: UnitSessionDeps;
  readonly #log: Logger;
  readonly #queue = new CommandQueue();
  readonly #contact: UnitContact;
  /** These came while a connection was being made that they did not ask for: its failure is not theirs. */
  readonly #lateComers = new Set<CommandTask>();
  #isClosed = false;
  #underWay: { readonly task?: CommandTask; readonly done: Promise<void> } | undefined;
  #cancelExpiry: CancelTimer | undefined;
  #cancelPause: CancelTimer | undefined;
  #cancelRest: CancelTimer | undefined;
  #cancelChore: CancelTimer | undefined;
  /** Set between two steps of a chore: a unit that keeps one going must not keep the timers from theirs. */
  #cancelTurn: CancelTimer | undefined;
  #cancelPatience: CancelTimer | undefined;

  constructor(unit: StoredUnit, deps: UnitSessionDeps) {
    this.#log = deps.log.child({ unitId: unit.unitId });
    this.#deps = { ...deps, log: this.#log };
    this.#contact = new UnitContact(unit, this.#deps, {
      isWaiting: () => this.#next() !== undefined,
      ready: () => {
        this.#lateComers.clear();
        this.#tellGreeted();
        this.#pump();
      },
      failed: (code) => {
        this.#failInvokes(code);
      },
    });
  }

  get unit(): StoredUnit {
    return this.#contact.unit;
  }

  get presence(): PresenceNow {
    return this.#contact.presence;
  }

  get waiting(): number {
    return this.#queue.length + (this.#underWay?.task ? 1 : 0);
  }

  get isConnected(): boolean {
    return this.#contact.connected !== undefined;
  }

  /** What the unit says it is; null until it was reached. */
  get hardwareId(): string | null {
    return this.unit.hardwareId;
  }

  start(delayMs: number): void {
    this.#contact.start(delayMs);
  }

  retellPresence(): void {
    this.#contact.retellPresence();
  }

  describeAgain(): void {
    this.#contact.describeAgain();
  }

  /** Takes a command; its end is told in any case. */
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
    if (this.#contact.isConnecting && command.verb === 'invoke') this.#lateComers.add(task);
    this.#armExpiry();
    this.#contact.hurry();
    this.#pump();
  }

  /** Whether it would leave right after it is submitted, and is harmless to repeat. */
  leavesAtOnce(command: IssuedCommand): boolean {
    const { connected } = this.#contact;
    if (this.#isClosed || this.#underWay || this.#cancelPause || this.#queue.length > 0)
      return false;
    if (connected?.link.isOpen !== true || connected.identity.safeMode) return false;
    return connected.model.isRepeatableWrite(command);
  }

  /** @returns false when it has left already, or was never here. */
  cancel(commandId: CommandId): boolean {
    const [task] = this.#queue.take((waiting) => waiting.command.id === commandId);
    if (!task) return false;
    this.#giveUp(task, { outcome: 'cancelled', code: 'cancelled' });
    return true;
  }

  /** The hub or the configuration says something new about this unit. */
  update(unit: StoredUnit): void {
    this.#contact.update(unit);
  }

  /** What kept it from being connected may be mended. */
  connectNow(): void {
    this.#contact.hurry();
    this.#contact.connect();
  }

  /** There is work beside commands. */
  nudge(): void {
    this.#contact.hurry();
    this.#pump();
  }

  /** Until the connection that is being made now is there or given up. */
  async idle(): Promise<void> {
    await this.#contact.idle();
  }

  /** Gives up the unit: commands that wait are refused. Its address is free once this is done. */
  async remove(): Promise<void> {
    this.#refuseWaiting();
    await this.close();
    this.#refuseWaiting();
    await this.#contact.idle();
  }

  /** Says goodbye. Commands that wait stay in the journal, for the next start. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const cancel of [
      ...[this.#cancelExpiry, this.#cancelPause, this.#cancelRest],
      ...[this.#cancelChore, this.#cancelTurn],
    ]) {
      cancel?.();
    }
    this.#contact.stop();
    if (this.#underWay) {
      const { done } = this.#underWay;
      await Promise.race([done, this.#patience()]);
    }
    this.#cancelPatience?.();
    this.#contact.close();
    await this.#underWay?.done;
  }

  async #patience(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#cancelPatience = this.#deps.clock.after(CLOSE_PATIENCE_MS, resolve);
    });
  }

  /** Does whatever is next. Called after everything that happens; never waits. */
  #pump(): void {
    if (this.#isClosed || this.#underWay || this.#cancelPause) return;
    this.#expire();
    // A late answer was their end.
    this.#queue.take(({ end }) => end !== undefined);
    const next = this.#next();
    const chore = this.#dueChore();
    const { connected, isDue } = this.#contact;
    if (connected) {
      if (next && !connected.identity.safeMode) this.#deliver(next, connected);
      else if (chore) this.#doChore(chore, connected);
      else this.#contact.linger();
    } else if ((next || chore) && !isDue) {
      this.#contact.connect();
    }
    this.#armExpiry();
    this.#armRest();
  }

  #next(): CommandTask | undefined {
    return this.#queue.next(this.#deps.clock.monotonicMs());
  }

  /** A newer wish replaces the one that waits; any newer write one that rests, which would come after it. */
  #supersede(task: CommandTask): void {
    const now = this.#deps.clock.monotonicMs();
    const older = this.#queue.take(
      (waiting) =>
        waiting.command.verb === 'set' &&
        isSameWrite(waiting, task) &&
        (task.command.verb === 'set' || (waiting.restsUntilMs ?? 0) > now),
    );
    for (const one of older) this.#giveUp(one, { outcome: 'superseded', code: 'superseded' });
  }

  #expire(): void {
    const now = this.#deps.hubNowMs();
    for (const task of this.#queue.take(({ expiresAtMs }) => (expiresAtMs ?? Infinity) <= now)) {
      const end: TaskEnd = { outcome: 'expired', code: 'expired' };
      this.#finish(task, task.isInDoubt ? inDoubt('unit_timeout') : end);
    }
  }

  #armExpiry(): void {
    this.#cancelExpiry?.();
    this.#cancelExpiry = undefined;
    const nextMs = this.#queue.nextExpiryMs();
    if (nextMs === undefined || this.#isClosed) return;
    this.#cancelExpiry = this.#deps.clock.after(nextMs - this.#deps.hubNowMs(), () => {
      this.#cancelExpiry = undefined;
      this.#expire();
      this.#armExpiry();
    });
  }

  #deliver(task: CommandTask, connected: ConnectedUnit): void {
    this.#queue.remove(task);
    this.#contact.hold();
    trace(task, 7, this.#deps.clock.nowMs());
    this.#log.debug({ commandId: task.command.id, hop: 7 }, 'command is next');
    const done = this.#carryOut(task, connected)
      .catch((error: unknown) => {
        this.#log.error({ err: error, commandId: task.command.id }, 'end of a command is not told');
      })
      .then(() => {
        this.#underWay = undefined;
        this.#pump();
      })
      .catch((error: unknown) => {
        this.#log.error({ err: error }, 'commands of a unit are held up');
      });
    this.#underWay = { task, done };
  }

  #tellGreeted(): void {
    const { connected } = this.#contact;
    if (connected) this.#deps.chores?.greeted(this.unit.unitId, connected.identity);
  }

  /** Work beside commands whose time has come; one that rests comes back by itself. */
  #dueChore(): UnitChore | undefined {
    this.#cancelChore?.();
    this.#cancelChore = undefined;
    if (this.#cancelTurn) return undefined;
    const chore = this.#deps.chores?.of(this.unit.unitId);
    if (!chore || chore.dueAtMs === Infinity) return undefined;
    const restMs = chore.dueAtMs - this.#deps.clock.monotonicMs();
    if (restMs <= 0) return chore;
    this.#cancelChore = this.#deps.clock.after(restMs, () => {
      this.#cancelChore = undefined;
      this.#contact.hurry();
      this.#pump();
    });
    return undefined;
  }

  /** One step, so that commands which come meanwhile go first. */
  #doChore(chore: UnitChore, connected: ConnectedUnit): void {
    this.#contact.hold();
    const done = chore
      .step(connected)
      .catch((error: unknown) => {
        this.#log.error({ err: error }, 'work on the unit failed');
        connected.link.refuse('internal');
      })
      .then(() => {
        this.#contact.keepFor(LINGER_MS);
        this.#underWay = undefined;
        if (!this.#isClosed) this.#yieldTurn();
        this.#pump();
      });
    this.#underWay = { done };
  }

  #yieldTurn(): void {
    this.#cancelTurn = this.#deps.clock.after(0, () => {
      this.#cancelTurn = undefined;
      this.#pump();
    });
  }

  async #carryOut(task: CommandTask, connected: ConnectedUnit): Promise<void> {
    let delivered: Delivered;
    try {
      delivered = await connected.deliver(task, this.#deps);
    } catch (error) {
      const code = error instanceof AppError ? error.code : 'internal';
      this.#log.error(
        { err: error, commandId: task.command.id },
        'command could not be carried out',
      );
      delivered = { kind: 'ended', end: unlessInDoubt(task, { outcome: 'failed', code }) };
    }
    const fadeMs = (task.command.transitionMs ?? 0) + FADE_MARGIN_MS;
    this.#contact.keepFor(Math.max(LINGER_MS, fadeMs));
    if (delivered.kind === 'ended') this.#finish(task, delivered.end);
    else this.#tryAgain(task, delivered.reason);
  }

  #tryAgain(task: CommandTask, reason: AgainReason): void {
    if (task.end) return;
    this.#log.info({ commandId: task.command.id, reason, attempt: task.attempts }, 'tries again');
    if (task.command.verb === 'set' && task.attempts >= MOST_ATTEMPTS) {
      this.#rest(task);
      return;
    }
    this.#queue.unshift(task);
    const mayPass = reason === 'unit_busy' || reason === 'unit_silent';
    if (!mayPass || this.#isClosed) return;
    const windowMs = BUSY_RETRY_MS * 2 ** Math.min((task.busyAnswers ?? 1) - 1, 10);
    this.#cancelPause = this.#deps.clock.after(Math.min(MOST_BUSY_RETRY_MS, windowMs), () => {
      this.#cancelPause = undefined;
      this.#pump();
    });
  }

  /** Lets other commands go first, except where they write the same: then it would undo the newer. */
  #rest(task: CommandTask): void {
    if (this.#queue.some((waiting) => isSameWrite(waiting, task))) {
      this.#giveUp(task, { outcome: 'superseded', code: 'superseded' });
      return;
    }
    const { clock, random } = this.#deps;
    const windowMs = Math.min(MOST_REST_MS, FIRST_REST_MS * 2 ** (task.attempts - MOST_ATTEMPTS));
    const restMs = windowMs * (0.5 + 0.5 * random());
    task.restsUntilMs = clock.monotonicMs() + restMs;
    this.#log.info({ commandId: task.command.id, restMs }, 'wish rests');
    this.#queue.unshift(task);
  }

  #armRest(): void {
    this.#cancelRest?.();
    this.#cancelRest = undefined;
    const now = this.#deps.clock.monotonicMs();
    const atMs = this.#queue.nextRestedMs(now);
    if (atMs === undefined || this.#isClosed) return;
    this.#cancelRest = this.#deps.clock.after(atMs - now, () => {
      this.#cancelRest = undefined;
      this.#contact.hurry();
      this.#pump();
    });
  }

  #refuseWaiting(): void {
    for (const task of this.#queue.take(() => true)) {
      this.#giveUp(task, { outcome: 'rejected', code: 'unit_unknown' });
    }
  }

  /** `invoke` is now or never; the others wait for the unit until their time is over. */
  #failInvokes(code: ErrorCode): void {
    const failed = this.#queue.take(
      (task) => task.command.verb === 'invoke' && !this.#lateComers.has(task),
    );
    this.#lateComers.clear();
    for (const task of failed) this.#giveUp(task, { outcome: 'failed', code });
    if (this.#next()?.command.verb === 'invoke') {
      this.#contact.hurry();
      this.#contact.connect();
    }
    this.#armExpiry();
  }

  /** Ends what waits; what was written before may have happened all the same. */
  #giveUp(task: CommandTask, end: TaskEnd): void {
    this.#finish(task, unlessInDoubt(task, end));
  }

  #finish(task: CommandTask, end: TaskEnd): void {
    // A late answer to an earlier attempt may have told its end.
    if (task.end) return;
    task.end = end;
    this.#lateComers.delete(task);
    this.#deps.events.finished(task, end);
  }
}

function isSameWrite({ command: one }: CommandTask, { command: other }: CommandTask): boolean {
  return one.affordance === other.affordance && one.operation === other.operation;
}
