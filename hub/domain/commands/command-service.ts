import type { Logger } from 'pino';
import { STAGE } from '#protocol/command/command-stage.ts';
import { isFinal } from '#protocol/command/command-state.ts';
import type { Command } from '#protocol/command/command.ts';
import { AppError } from '#protocol/errors.ts';
import type { CommandRequest, CommandTrace } from '#protocol/http/commands.ts';
import { CommandId, newId } from '#protocol/ids.ts';
import { type Json, toInstant } from '#protocol/json.ts';
import { LIMITS } from '#protocol/limits.ts';
import { baseIdOf } from '#protocol/unit-endpoint.ts';
import type { TraceStep } from '#protocol/command/command.ts';
import { hashSecret } from '../accounts/secrets.ts';
import type { Clock } from '#platform/clock.ts';
import { type Actor, HUB_ACTOR } from '#protocol/events/actor.ts';
import type { UnitOfWork, Work } from '../../store/unit-of-work.ts';
import { type Requester, actorOfSubject } from '../accounts/principal.ts';
import {
  commandsOfUnit,
  countWaiting,
  dueCommands,
  findCommand,
  nextDueAt,
  queuedSets,
} from '../../store/commands.ts';
import {
  commandOfKey,
  dropOldIdempotencyKeys,
  putIdempotencyKey,
} from '../../store/idempotency-keys.ts';
import {
  type CommandRecord,
  COMMAND_VIEW,
  commandView,
  issuedCommand,
} from '../../store/command-record.ts';
import { heldWithSites } from '../../store/holds.ts';
import type { ReadableRows } from '../../store/readable-rows.ts';
import { StoredJson } from '../../store/stored-json.ts';
import { WRITERS } from '../../store/writers.ts';
import { putDesired } from '../../store/desired-values.ts';
import type { Db, Tx } from '../../store/schema.ts';
import { type UnitRecord, findPlainUnit, unitExists } from '../../store/units.ts';
import { checkCommand } from './command-checks.ts';
import type { CommandRouter } from './command-router.ts';
import type { CommandStates } from './command-states.ts';
import type { CommandWait, CommandWaiters } from '../../kernel/command-waiters.ts';
import type { LiveProgress } from './live-progress.ts';
import { requestHash } from './request-hash.ts';
import { dueAt, endUnsent } from './transition.ts';

export interface CommandServiceDeps {
  readonly areAgesCertain: () => boolean;
  readonly db: Db;
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly log: Logger;
  readonly states: CommandStates;
  readonly readable: ReadableRows;
  readonly waiters: CommandWaiters;
  readonly router: CommandRouter;
  readonly live: LiveProgress;
}

/** An authorized request to a unit. */
export interface IssueCommandInput {
  readonly unit: UnitRecord;
  readonly request: CommandRequest;
  /** The requester. */
  readonly issuedBy: string;
  /** The account that it is done for. */
  readonly account: string;
  readonly idempotencyKey?: string | undefined;
}

const TIMED_OUT = { to: 'timed_out', code: 'timed_out' } as const;
/** Commands that the sweeper ends in one transaction. */
const SWEEP_SIZE = 200;
/** A week, the longest time to live, and the time of a long retry. */
const IDEMPOTENCY_KEPT_MS = LIMITS.maxTtlMs + 7 * 86_400_000;

/** Accepts and cancels commands, and ends those that have expired. */
export class CommandService {
  readonly #deps: CommandServiceDeps;

  constructor(deps: CommandServiceDeps) {
    this.#deps = deps;
  }

  /** Stores a command (once, whatever the number of retries), then sends it. */
  async issue(submitted: IssueCommandInput): Promise<Command> {
    const { unitOfWork, log } = this.#deps;
    const hash = requestHash(submitted.unit.id, submitted.request);
    const command = await unitOfWork.run(async (work) => {
      await work.hold({ site: submitted.unit.siteId });
      return (
        (await this.#repeated(work.tx, submitted, hash)) ??
        (await this.#store(work, submitted, hash))
      );
    }, submitted.account);
    log.debug(
      { commandId: command.id, seq: command.seq, stage: STAGE.hubStored },
      'command stored',
    );
    return commandView(command);
  }

  /** Waits until a command has ended, or the time is over, and answers its state then. */
  async waitForEnd(id: CommandId, wait: CommandWait): Promise<Command> {
    const { db, waiters } = this.#deps;
    const ended = waiters.wait(id, wait);
    const before = await findCommand(db, id);
    // It may have ended between its storing and the start of the wait.
    if (before && isFinal(before.state)) waiters.ended(id);
    await ended;
    const command = await findCommand(db, id);
    if (!command) throw new AppError('command_unknown');
    return this.#deps.live.over(commandView(command));
  }

  async get(id: CommandId): Promise<CommandTrace | undefined> {
    const command = await findCommand(this.#deps.db, id);
    if (!command) return undefined;
    const { live } = this.#deps;
    return { command: live.over(commandView(command)), steps: live.overTrace(id, command.trace) };
  }

  async list(
    unit: UnitRecord,
    page: { readonly limit: number; readonly before?: CommandId | undefined },
  ): Promise<Command[]> {
    const commands = await commandsOfUnit(this.#deps.db, unit.key, page);
    const { readable, live } = this.#deps;
    return readable.each(commands, COMMAND_VIEW).map((command) => live.over(command));
  }

  /**
   * Cancels a command. One that no base has seen is cancelled at once, and its log
   * entry then says so. For one that a base may hold a cancellation is sent: it ends as
   * `cancelled` if the base reports that it was still waiting, and as it ends
   * otherwise.
   */
  async cancel(id: CommandId, by: Requester): Promise<Command> {
    const { unitOfWork } = this.#deps;
    return commandView(
      await unitOfWork.run((work) => this.#cancel(work, id, by.actor), by.account),
    );
  }

  async #cancel(work: Work, id: CommandId, actor: Actor): Promise<CommandRecord> {
    const { clock, states } = this.#deps;
    const known = await findCommand(work.tx, id);
    if (known) await work.hold({ site: known.siteId });
    const before = known && (await findCommand(work.tx, id));
    if (!before) throw new AppError('command_unknown');
    if (isFinal(before.state)) throw new AppError('command_final');
    const atMs = clock.nowMs();
    if (before.state === 'queued') {
      const change = { ...endUnsent(before, 'cancelled'), stage: STAGE.outOfBand, atMs, actor };
      const command = await states.move(work, before, change);
      if (!command) throw new AppError('command_not_cancellable');
      return command;
    }
    const runs = this.#deps.live.stateOf(id) === 'running';
    const mayWait = !runs && (before.state === 'dispatched' || before.state === 'received');
    const unit = mayWait ? await findPlainUnit(work.tx, before.unitId) : undefined;
    if (!unit) throw new AppError('command_not_cancellable');
    if (before.cancelRequestedAtMs !== null) return before;
    await this.#deps.router.to(unit.endpoint).recall(work, id);
    return await states.requestCancel(work, before, atMs);
  }

  /** Ends what is due, and returns when the next is. */
  async sweep(): Promise<number | undefined> {
    const { db, unitOfWork, clock, states, areAgesCertain } = this.#deps;
    const nowMs = clock.nowMs();
    const count = await unitOfWork.run(async (work) => {
      const due = await heldWithSites(work.tx, () => dueCommands(work.tx, nowMs, SWEEP_SIZE));
      for (const command of due) {
        // Only a command that was never sent is known not to have happened.
        const end = command.state === 'queued' ? endUnsent(command, 'expired') : TIMED_OUT;
        const how = { stage: STAGE.outOfBand, atMs: nowMs, actor: HUB_ACTOR };
        await states.move(work, command, { ...end, ...how });
        if (command.baseId === null) await wakeDeviceOf(work, command);
      }
      if (areAgesCertain()) await dropOldIdempotencyKeys(work.tx, nowMs - IDEMPOTENCY_KEPT_MS);
      return due.length;
    }, WRITERS.hub);
    return count === SWEEP_SIZE ? nowMs : await nextDueAt(db);
  }

  async #repeated(
    tx: Tx,
    submitted: IssueCommandInput,
    hash: string,
  ): Promise<CommandRecord | undefined> {
    const { request, issuedBy, idempotencyKey } = submitted;
    const byKey =
      idempotencyKey === undefined
        ? undefined
        : await commandOfKey(tx, issuedBy, hashSecret(idempotencyKey));
    const id = request.id ?? byKey;
    if (id === undefined) return undefined;
    const command = await findCommand(tx, id);
    const conflict = byKey !== undefined && byKey !== id;
    if (
      conflict ||
      (command && command.requestHash !== hash) ||
      (!command && byKey !== undefined)
    ) {
      throw new AppError('idempotency_conflict');
    }
    return command;
  }

  async #store(work: Work, submitted: IssueCommandInput, hash: string): Promise<CommandRecord> {
    const { tx } = work;
    const { unit, request, issuedBy } = submitted;
    const { clock, router, states } = this.#deps;
    const { operation, input, ttlMs } = checkCommand(request, unit.description);
    // It may have been removed since the caller found it.
    if (!(await unitExists(tx, unit.id))) throw new AppError('unit_unknown');
    const route = router.to(unit.endpoint);
    const nowMs = clock.nowMs();
    const fresh: CommandRecord = {
      id: request.id ?? newId(CommandId, nowMs),
      unitKey: unit.key,
      unitId: unit.id,
      baseId: baseIdOf(unit.endpoint),
      siteId: unit.siteId,
      verb: request.verb,
      operation,
      affordance: request.affordance,
      input: request.input === undefined ? null : StoredJson.of(input),
      transitionMs: request.transitionMs ?? null,
      seq: null,
      state: 'queued',
      code: null,
      output: null,
      duplicate: null,
      issuedBy,
      createdAtMs: nowMs,
      expiresAtMs: ttlMs === null ? null : nowMs + ttlMs,
      dueAtMs: null,
      endedAtMs: null,
      cancelRequestedAtMs: null,
      heldAtMs: null,
      requestHash: hash,
      trace: [],
    };
    const stored: TraceStep = { stage: STAGE.hubStored, at: toInstant(nowMs), state: 'queued' };
    await this.#keepKey(tx, submitted, fresh.id);
    const code = request.verb === 'invoke' ? await route.whyNotNow(work) : undefined;
    if (code !== undefined) {
      const failed: CommandRecord = {
        ...fresh,
        state: 'failed',
        code,
        endedAtMs: nowMs,
        trace: [stored, { stage: STAGE.hubSent, at: toInstant(nowMs), state: 'failed', code }],
      };
      await states.create(work, failed);
      return failed;
    }
    if (request.verb === 'set')
      await this.#setDesired(work, submitted, { command: fresh, value: input });
    if ((await countWaiting(tx, unit.key)) >= LIMITS.queuedCommandsPerUnit) {
      throw new AppError('queue_full');
    }
    const { seq, maySend } = await route.accept(work, issuedCommand(fresh));
    const state = maySend ? 'dispatched' : 'queued';
    const sent: TraceStep[] = maySend
      ? [{ stage: STAGE.hubSent, at: toInstant(nowMs), state }]
      : [];
    const command: CommandRecord = {
      ...fresh,
      seq,
      state,
      dueAtMs: dueAt(fresh, state),
      trace: [stored, ...sent],
    };
    await states.create(work, command);
    return command;
  }

  async #keepKey(tx: Tx, submitted: IssueCommandInput, commandId: CommandId): Promise<void> {
    if (submitted.idempotencyKey === undefined) return;
    await putIdempotencyKey(tx, {
      caller: submitted.issuedBy,
      keyHash: hashSecret(submitted.idempotencyKey),
      commandId,
      nowMs: this.#deps.clock.nowMs(),
    });
  }

  /** The newest desired value wins: older ones that nobody has seen are superseded. */
  async #setDesired(
    work: Work,
    submitted: IssueCommandInput,
    setCommand: { readonly command: CommandRecord; readonly value: Json | null },
  ): Promise<void> {
    const { unit, request } = submitted;
    const nowMs = setCommand.command.createdAtMs;
    const how = { stage: STAGE.outOfBand, atMs: nowMs };
    for (const older of await queuedSets(work.tx, unit, request.affordance)) {
      const actor = actorOfSubject(submitted.issuedBy);
      const end = endUnsent(older, 'superseded');
      await this.#deps.states.move(work, older, { ...end, ...how, actor });
    }
    await putDesired(work.tx, {
      unitKey: unit.key,
      property: request.affordance,
      value: setCommand.value,
      commandId: setCommand.command.id,
      nowMs,
    });
    work.valuesChanged(unit.siteId, unit.id);
  }
}

/** What is late, and was not sent, its hub need not keep. */
async function wakeDeviceOf(work: Work, { unitId }: CommandRecord): Promise<void> {
  const unit = await findPlainUnit(work.tx, unitId);
  if (unit?.endpoint.kind === 'mqtt_device') work.wakeDevice(unit.endpoint.deviceId);
}
