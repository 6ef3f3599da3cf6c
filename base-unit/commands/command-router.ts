import type { Logger } from 'pino';
import { STAGE } from '#protocol/command/command-stage.ts';
import type { IssuedCommand } from '#protocol/command/command.ts';
import type { CommandFinished } from '#protocol/hub-link/base-events.ts';
import type { CommandProgress } from '#protocol/hub-link/socket-events.ts';
import type { CommandId, UnitId } from '#protocol/ids.ts';
import { fromInstant } from '#protocol/json.ts';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import type { JournalEntry } from '../store/journal.ts';
import type { Store } from '../store/store.ts';
import {
  type CommandOwner,
  type CommandTask,
  outcomeUnknown,
  type TaskEnd,
  trace,
  unlessUnknown,
} from '../drivers/port/command-task.ts';

/** Who carries commands out. */
export interface CommandExecutor {
  /** @returns why it is refused; otherwise its end is reported later. */
  readonly submit: (task: CommandTask) => TaskEnd['code'];
  readonly cancel: (command: IssuedCommand) => boolean;
  /** Whether it would leave right away, were it submitted now, and is harmless to repeat. */
  readonly leavesAtOnce: (command: IssuedCommand) => boolean;
}

export interface CommandRouterDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly store: Store;
  readonly units: CommandExecutor;
  readonly writer: {
    readonly result: (result: CommandFinished, othersInFlight?: number) => void;
    readonly resultWithin: (result: CommandFinished) => () => void;
  };
  /** The hub's clock, as well as it is known. */
  readonly hubNowMs: () => number;
  /** Best effort; nothing depends on it. */
  readonly progress: (progress: CommandProgress) => void;
}

/** A command that takes longer than this reports its progress. */
const PROGRESS_AFTER_MS = 150;

interface Running {
  readonly task: CommandTask;
  cancelProgress: CancelTimer | undefined;
  isSlow: boolean;
  /** The journal's mark since this start: that it was sent, and whether it may be repeated. */
  markedAs?: { readonly isRepeatable: boolean };
}

/** Runs each command once; a duplicate gets its result from the journal. */
export class CommandRouter implements CommandOwner {
  readonly #deps: CommandRouterDeps;
  readonly #running = new Map<CommandId, Running>();
  /**
   * From before the start, until the log was resumed: they may have ended, and only the
   * hub knows. In order of arrival.
   */
  readonly #held = new Set<CommandTask>();
  /** Units to which a command of the current commit is sent: a second one queues behind it. */
  readonly #claimed = new Set<UnitId>();

  constructor(deps: CommandRouterDeps) {
    this.#deps = deps;
  }

  /** Recovers what a stop or a crash left behind. */
  start(): void {
    const blocked = new Set<UnitId>();
    const open = this.#deps.store.journal.open();
    const overtaken = overtakenOf(open);
    for (const entry of open) {
      const task = this.#taskOf(entry.command, entry.receivedAtMs);
      task.mayHaveRun = entry.state === 'sent';
      this.#running.set(task.command.id, { task, cancelProgress: undefined, isSlow: false });
      const mayRepeat = entry.isRepeatable && !overtaken.has(entry);
      if (task.mayHaveRun && !mayRepeat) this.finished(task, outcomeUnknown('link_lost'));
      else if (task.expiresAtMs === undefined && !blocked.has(task.command.unitId)) {
        this.#submit(task);
      } else {
        // Later commands for the same unit stay behind it: an older value never overwrites a newer
        // one.
        blocked.add(task.command.unitId);
        this.#held.add(task);
      }
    }
  }

  /** The log was resumed: commands from before the start that are still wanted may continue. */
  release(): void {
    const held = [...this.#held];
    this.#held.clear();
    for (const task of held) this.#submit(task);
  }

  /**
   * Call inside the transaction that moves the cursor.
   *
   * @returns what to do once that is committed.
   */
  journal(command: IssuedCommand): () => void {
    const { clock, store } = this.#deps;
    const known = store.journal.find(command.id);
    if (known) return () => this.#repeatResult(known);
    const receivedAtMs = clock.nowMs();
    const leaves = this.#leavesAtOnce(command);
    store.journal.add(command, Math.round(receivedAtMs), leaves);
    return () => {
      this.#deps.log.debug(
        { commandId: command.id, stage: STAGE.baseJournalled },
        'command journalled',
      );
      this.#route(command, receivedAtMs, leaves);
    };
  }

  /** A unit is idle for one command of a commit, which leaves once that is through: in this turn. */
  #leavesAtOnce(command: IssuedCommand): boolean {
    if (this.#claimed.has(command.unitId) || !this.#deps.units.leavesAtOnce(command)) return false;
    if (this.#claimed.size === 0) queueMicrotask(() => this.#claimed.clear());
    this.#claimed.add(command.unitId);
    return true;
  }

  /**
   * Ends a command that cannot be parsed. Call inside the transaction that moves the
   * cursor.
   *
   * @returns what to do once that is committed.
   */
  refuse(commandId: CommandId): () => void {
    const { clock, log, store, writer } = this.#deps;
    if (store.journal.find(commandId)) return () => undefined;
    const trace = [{ stage: STAGE.baseJournalled, atMs: Math.round(clock.nowMs()) }];
    log.warn({ commandId, stage: STAGE.baseJournalled }, 'invalid command');
    return writer.resultWithin({ commandId, outcome: 'rejected', code: 'bad_request', trace });
  }

  /** @see journal */
  cancel(commandId: CommandId): void {
    const running = this.#running.get(commandId);
    const isCancelled = running !== undefined && this.#cancelTask(running.task);
    this.#deps.log.info({ commandId, isCancelled }, 'cancellation requested');
  }

  #cancelTask(task: CommandTask): boolean {
    if (!this.#held.delete(task)) return this.#deps.units.cancel(task.command);
    this.finished(task, unlessUnknown(task, { outcome: 'cancelled', code: 'cancelled' }));
    return true;
  }

  /**
   * The hub's snapshot is everything pending: commands that it does not name are no
   * longer wanted.
   */
  keepOnly(wanted: ReadonlySet<CommandId>): void {
    for (const commandId of [...this.#running.keys()]) {
      if (!wanted.has(commandId)) this.cancel(commandId);
    }
  }

  /** Right before bytes leave. */
  sending(task: CommandTask, isRepeatable: boolean): void {
    const { store } = this.#deps;
    const running = this.#running.get(task.command.id);
    if (running?.markedAs?.isRepeatable === isRepeatable) return;
    const mark = () => {
      store.journal.markSent(task.command.id, isRepeatable);
    };
    if (isRepeatable) store.commitSoon(mark);
    else store.commit(mark);
    if (running) running.markedAs = { isRepeatable };
  }

  written({ command }: CommandTask): void {
    const running = this.#running.get(command.id);
    if (running?.isSlow) this.#reportProgress(running);
  }

  /** Called a second time for an answer that came late. */
  finished(task: CommandTask, end: TaskEnd): void {
    const { id: commandId, unitId } = task.command;
    this.#running.get(commandId)?.cancelProgress?.();
    this.#running.delete(commandId);
    this.#deps.log.info(
      { commandId, unitId, outcome: end.outcome, code: end.code, stage: STAGE.baseMatched },
      'command finished',
    );
    this.#deps.writer.result({ commandId, ...end, trace: task.trace }, this.#running.size);
  }

  close(): void {
    for (const running of this.#running.values()) running.cancelProgress?.();
    this.#running.clear();
    this.#held.clear();
  }

  #route(command: IssuedCommand, receivedAtMs: number, isMarked: boolean): void {
    const { clock, log } = this.#deps;
    const task = this.#taskOf(command, receivedAtMs);
    trace(task, { stage: STAGE.baseRouted, atMs: clock.nowMs() });
    log.debug(
      { commandId: command.id, unitId: command.unitId, stage: STAGE.baseRouted },
      'command received',
    );
    const running: Running = { task, cancelProgress: undefined, isSlow: false };
    if (isMarked) running.markedAs = { isRepeatable: true };
    this.#running.set(command.id, running);
    running.cancelProgress = clock.after(PROGRESS_AFTER_MS, () => {
      running.isSlow = true;
      this.#reportProgress(running);
    });
    this.#submit(task);
  }

  #submit(task: CommandTask): void {
    if (task.expiresAtMs !== undefined && task.expiresAtMs <= this.#deps.hubNowMs()) {
      this.finished(task, unlessUnknown(task, { outcome: 'expired', code: 'expired' }));
      return;
    }
    const code = this.#deps.units.submit(task);
    if (code) this.finished(task, unlessUnknown(task, { outcome: 'rejected', code }));
  }

  /**
   * The result of a finished command is sent again, unless the first one is still in
   * the outbox.
   */
  #repeatResult({ command, state, result, resultSeq: seq }: JournalEntry): void {
    const { log, store, writer } = this.#deps;
    log.info({ commandId: command.id, state, stage: STAGE.baseRouted }, 'duplicate command');
    if (state !== 'finished' || result === null) return;
    if (seq === null || !store.outbox.has(seq)) {
      // The writer adds the step of this time in place of the first.
      writer.result({
        ...result,
        trace: result.trace.filter(({ stage }) => stage !== STAGE.baseRecorded),
      });
    }
  }

  #taskOf(command: IssuedCommand, receivedAtMs: number): CommandTask {
    const task: CommandTask = {
      command,
      owner: this,
      expiresAtMs: command.expiresAt === null ? undefined : fromInstant(command.expiresAt),
      trace: [],
      attempts: 0,
      mayHaveRun: false,
      end: undefined,
    };
    trace(task, { stage: STAGE.baseJournalled, atMs: receivedAtMs });
    return task;
  }

  #reportProgress({ task }: Running): void {
    const last = task.trace.at(-1);
    const state = task.attempts > 0 ? 'running' : 'received';
    this.#deps.progress({
      commandId: task.command.id,
      state,
      stage: last?.stage ?? STAGE.baseJournalled,
      atMs: Math.round(this.#deps.clock.nowMs()),
    });
  }
}

/**
 * Commands followed to the unit by a later write of the same affordance. A unit handles
 * one request at a time, so they were answered, though the answer is lost: repeating
 * them could overwrite a newer value.
 */
function overtakenOf(open: readonly JournalEntry[]): ReadonlySet<JournalEntry> {
  const sentLater = new Set<string>();
  const overtaken = new Set<JournalEntry>();
  for (const entry of open.toReversed()) {
    const { unitId, operation, affordance } = entry.command;
    const same = `${unitId} ${operation} ${affordance}`;
    if (sentLater.has(same)) overtaken.add(entry);
    if (entry.state === 'sent' && !entry.isSentAssumed) sentLater.add(same);
  }
  return overtaken;
}
