import type { Logger } from 'pino';
import { STAGE } from '#protocol/command/command-stage.ts';
import { isFinal } from '#protocol/command/command-state.ts';
import type { TraceStep } from '#protocol/command/command.ts';
import { type Actor, HUB_ACTOR } from '#protocol/events/actor.ts';
import type { SiteEventData } from '#protocol/events/site-event.ts';
import { toInstant } from '#protocol/json.ts';
import type { Work } from '../../store/unit-of-work.ts';
import { actorOfSubject } from '../accounts/principal.ts';
import type { UnitCache } from '../units/unit-cache.ts';
import { insertCommand, saveCommand } from '../../store/commands.ts';
import { COMMAND_VIEW, commandView, type CommandRecord } from '../../store/command-record.ts';
import { settleDesiredBy, settleDesiredUntil } from '../../store/desired-values.ts';
import type { ReadableRows } from '../../store/readable-rows.ts';
import type { Tx } from '../../store/schema.ts';
import type { Sweeper } from '../../kernel/sweeper.ts';
import type { CommandWaiters } from '../../kernel/command-waiters.ts';
import type { LiveProgress } from './live-progress.ts';
import { type Transition, applyTransition } from './transition.ts';

export interface CommandStatesDeps {
  readonly waiters: CommandWaiters;
  readonly sweeper: Pick<Sweeper, 'expect'>;
  readonly live: LiveProgress;
  readonly readable: ReadableRows;
  readonly directory: UnitCache;
  readonly log: Logger;
}

/**
 * The only writer of commands. Each change is checked against the table of transitions,
 * and stored together with its event.
 */
export class CommandStates {
  readonly #deps: CommandStatesDeps;

  constructor(deps: CommandStatesDeps) {
    this.#deps = deps;
  }

  async create(work: Work, command: CommandRecord): Promise<void> {
    await insertCommand(work.tx, command);
    const actor = actorOfSubject(command.issuedBy);
    work.emit({
      site: command.siteId,
      type: 'command.issued',
      actor,
      data: await this.#said(work, command),
    });
    if (isFinal(command.state)) await this.#emitEnd(work, command, HUB_ACTOR);
    // Checked as it came in, and not read from a file since.
    this.#show(work, command, commandView(command));
  }

  /** The command after the change; undefined, and nothing done, where it is not allowed. */
  async move(
    work: Work,
    command: CommandRecord,
    change: Transition & { readonly actor: Actor },
  ): Promise<CommandRecord | undefined> {
    const moved = applyTransition(command, change);
    if (!moved) return undefined;
    await saveCommand(work.tx, moved);
    if (isFinal(moved.state)) {
      await this.#emitEnd(work, moved, change.actor);
      if (await clearDesired(work.tx, moved, change.atMs))
        work.valuesChanged(command.siteId, command.unitId);
    }
    this.#show(work, moved);
    return moved;
  }

  /** A cancellation was requested for a command that its base may hold; its state stays. */
  async requestCancel(work: Work, command: CommandRecord, atMs: number): Promise<CommandRecord> {
    const step: TraceStep = {
      stage: STAGE.outOfBand,
      at: toInstant(atMs),
      note: 'cancel requested',
    };
    const changed: CommandRecord = {
      ...command,
      cancelRequestedAtMs: atMs,
      trace: [...command.trace, step],
    };
    await saveCommand(work.tx, changed);
    this.#show(work, changed);
    return changed;
  }

  async #emitEnd(work: Work, command: CommandRecord, actor: Actor): Promise<void> {
    const { state, code, output } = command;
    work.emit({
      site: command.siteId,
      type: 'command.ended',
      actor,
      data: {
        ...(await this.#said(work, command)),
        state,
        ...(code === null ? {} : { code }),
        ...(output === null ? {} : { output: output.or(null) }),
        issuedBy: await work.named(actorOfSubject(command.issuedBy)),
      },
    });
  }

  async #said({ tx }: Work, command: CommandRecord): Promise<SiteEventData<'command.issued'>> {
    const unit = await this.#deps.directory.findIn(tx, command.unitId);
    return {
      commandId: command.id,
      unitId: command.unitId,
      ...(unit === undefined ? {} : { unitName: unit.name }),
      ...(command.baseId === null ? {} : { baseId: command.baseId }),
      verb: command.verb,
      operation: command.operation,
      affordance: command.affordance,
      ...(command.input === null ? {} : { input: command.input.or(null) }),
    };
  }

  #show(
    work: Work,
    command: CommandRecord,
    view = this.#deps.readable.one(command, COMMAND_VIEW),
  ): void {
    const { waiters, sweeper, live, log } = this.#deps;
    const { trace } = command;
    if (view) {
      // It waits again, whatever was reported of it before.
      const body =
        command.state === 'queued'
          ? { command: view, trace: [...trace] }
          : { command: live.over(view), trace: live.overTrace(command.id, trace) };
      work.live(command.siteId, { name: 'command.changed', body });
    }
    work.wake(() => {
      // One line for each command, when it has ended: its trace has all of its stages.
      log[isFinal(command.state) ? 'info' : 'debug'](
        {
          commandId: command.id,
          unitId: command.unitId,
          state: command.state,
          code: command.code ?? undefined,
          stage: trace.at(-1)?.stage,
        },
        'command changed',
      );
      if (command.dueAtMs !== null) sweeper.expect(command.dueAtMs);
      if (isFinal(command.state) || command.state === 'queued') live.ended(command.id);
      if (isFinal(command.state)) {
        waiters.ended(command.id);
      } else if (command.state === 'dispatched') {
        const { baseId, unitId, siteId } = command;
        live.sent(command.id, { carrier: baseId ?? unitId, siteId });
      }
    });
  }
}

/**
 * After the end no command carries the desired value any more. Only for a unit that
 * never answers it stays until the next command: nothing more will be known.
 *
 * @returns whether a desired value is settled.
 */
async function clearDesired(tx: Tx, command: CommandRecord, nowMs: number): Promise<boolean> {
  const isDesired = command.verb === 'set';
  if (command.code !== 'unconfirmed')
    return isDesired && (await settleDesiredBy(tx, command.id, command.unitKey));
  const property = { unitKey: command.unitKey, name: command.affordance };
  return (
    !isDesired &&
    (await settleDesiredUntil(tx, property, { atMs: command.createdAtMs, latestMs: nowMs }))
  );
}
