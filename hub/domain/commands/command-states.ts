import type { Logger } from 'pino';
import { isFinal } from '#protocol/command/command-state.ts';
import type { TraceStep } from '#protocol/command/command.ts';
import { type Actor, HUB_ACTOR } from '#protocol/events/actor.ts';
import type { SiteEventData } from '#protocol/events/site-event.ts';
import { Json, toInstant } from '#protocol/json.ts';
import { jsonColumnOr } from '../../store/json-column.ts';
import type { Work } from '../../store/unit-of-work.ts';
import { actorOfSubject } from '../accounts/principal.ts';
import type { UnitDirectory } from '../units/unit-directory.ts';
import {
  COMMAND_VIEW,
  type CommandRow,
  insertCommand,
  saveCommand,
  traceOf,
} from '../../store/commands.ts';
import { settleDesiredBy, settleDesiredUntil } from '../../store/properties.ts';
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
  readonly directory: UnitDirectory;
  readonly log: Logger;
}

/**
 * The only writer of commands. Each change goes through the table of
 * transitions, and is stored together with the event that says so.
 */
export class CommandStates {
  readonly #deps: CommandStatesDeps;

  constructor(deps: CommandStatesDeps) {
    this.#deps = deps;
  }

  async create(work: Work, row: CommandRow): Promise<void> {
    await insertCommand(work.tx, row);
    const actor = actorOfSubject(row.issued_by);
    work.emit({
      site: row.site_id,
      type: 'command.issued',
      actor,
      data: await this.#said(work, row),
    });
    if (isFinal(row.state)) await this.#emitEnd(work, row, HUB_ACTOR);
    this.#show(work, row);
  }

  /** The command after the change; undefined, and nothing done, where it is not allowed. */
  async move(
    work: Work,
    row: CommandRow,
    change: Transition & { readonly actor: Actor },
  ): Promise<CommandRow | undefined> {
    const moved = applyTransition(row, change);
    if (!moved) return undefined;
    await saveCommand(work.tx, moved);
    if (isFinal(moved.state)) {
      await this.#emitEnd(work, moved, change.actor);
      if (await endWish(work.tx, moved, change.atMs)) work.valuesChanged(row.site_id, row.unit_id);
    }
    this.#show(work, moved);
    return moved;
  }

  /** Somebody wants it back that its base may hold; its state stays as it is. */
  async requestCancel(work: Work, row: CommandRow, atMs: number): Promise<CommandRow> {
    const step: TraceStep = { hop: 0, at: toInstant(atMs), note: 'cancel requested' };
    const changed: CommandRow = {
      ...row,
      cancel_requested_at: atMs,
      trace: JSON.stringify([...traceOf(row), step]),
    };
    await saveCommand(work.tx, changed);
    this.#show(work, changed);
    return changed;
  }

  async #emitEnd(work: Work, row: CommandRow, actor: Actor): Promise<void> {
    const { state, code, output } = row;
    work.emit({
      site: row.site_id,
      type: 'command.ended',
      actor,
      data: {
        ...(await this.#said(work, row)),
        state,
        ...(code === null ? {} : { code }),
        ...(output === null ? {} : { output: jsonColumnOr(Json, output, null) }),
        issuedBy: await work.named(actorOfSubject(row.issued_by)),
      },
    });
  }

  async #said({ tx }: Work, row: CommandRow): Promise<SiteEventData<'command.issued'>> {
    const unit = await this.#deps.directory.findIn(tx, row.unit_id);
    return {
      commandId: row.id,
      unitId: row.unit_id,
      ...(unit === undefined ? {} : { unitName: unit.name }),
      baseId: row.base_id,
      verb: row.verb,
      operation: row.operation,
      affordance: row.affordance,
      ...(row.input === null ? {} : { input: jsonColumnOr(Json, row.input, null) }),
    };
  }

  #show(work: Work, row: CommandRow): void {
    const { waiters, sweeper, live, readable, log } = this.#deps;
    const trace = traceOf(row);
    const command = readable.one(row, COMMAND_VIEW);
    if (command) {
      const body = { command: live.over(command), trace: live.overTrace(row.id, trace) };
      work.live(row.site_id, { name: 'command.changed', body });
    }
    work.wake(() => {
      // One line for each command, when it has ended: its trace has all of its stages.
      log[isFinal(row.state) ? 'info' : 'debug'](
        {
          commandId: row.id,
          unitId: row.unit_id,
          state: row.state,
          code: row.code ?? undefined,
          hop: trace.at(-1)?.hop,
        },
        'command changed',
      );
      if (row.due_at !== null) sweeper.expect(row.due_at);
      if (isFinal(row.state)) {
        live.ended(row.id);
        waiters.ended(row.id);
      } else if (row.state === 'dispatched') {
        live.sent(row.id, { baseId: row.base_id, siteId: row.site_id });
      }
    });
  }
}

/**
 * Whatever the end, nobody carries the wish any more. Only where a unit never
 * answers it stays, until something else is sent: nobody will know more.
 *
 * @returns whether a wish is over.
 */
async function endWish(tx: Tx, row: CommandRow, nowMs: number): Promise<boolean> {
  const isWish = row.verb === 'set';
  if (row.code !== 'unconfirmed')
    return isWish && (await settleDesiredBy(tx, row.id, row.unit_key));
  const property = { unitKey: row.unit_key, name: row.affordance };
  return (
    !isWish && (await settleDesiredUntil(tx, property, { atMs: row.created_at, latestMs: nowMs }))
  );
}
