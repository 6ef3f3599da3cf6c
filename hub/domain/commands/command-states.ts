import type { Logger } from 'pino';
import { isFinal } from '#protocol/command/command-state.ts';
import type { TraceStep } from '#protocol/command/command.ts';
import type { AfterCommit } from '../../store/after-commit.ts';
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
import type { Publisher } from '../../kernel/publisher.ts';
import type { Sweeper } from '../../kernel/sweeper.ts';
import type { CommandWaiters } from '../../kernel/command-waiters.ts';
import { type Transition, applyTransition } from './transition.ts';

export interface CommandStatesDeps {
  readonly publisher: Publisher;
  readonly waiters: CommandWaiters;
  readonly sweeper: Pick<Sweeper, 'expect'>;
  readonly readable: ReadableRows;
  readonly log: Logger;
}

/**
 * The only writer of commands. Each change goes through the table of
 * transitions, is stored, and is told after the commit.
 */
export class CommandStates {
  readonly #deps: CommandStatesDeps;

  constructor(deps: CommandStatesDeps) {
    this.#deps = deps;
  }

  async create(tx: Tx, row: CommandRow, after: AfterCommit): Promise<void> {
    await insertCommand(tx, row);
    this.#tell(row, after);
  }

  /** The command after the change; undefined, and nothing done, where it is not allowed. */
  async move(
    tx: Tx,
    row: CommandRow,
    change: Transition & { readonly after: AfterCommit },
  ): Promise<CommandRow | undefined> {
    const moved = applyTransition(row, change);
    if (!moved) return undefined;
    await saveCommand(tx, moved);
    if (isFinal(moved.state) && (await endWish(tx, moved, change.atMs))) {
      change.after.valuesChanged(row.unit_id);
    }
    this.#tell(moved, change.after);
    return moved;
  }

  /** A step of the trace that changes no state. */
  async note(
    tx: Tx,
    row: CommandRow,
    noted: { readonly step: TraceStep; readonly after: AfterCommit },
  ): Promise<CommandRow> {
    const changed = { ...row, trace: JSON.stringify([...traceOf(row), noted.step]) };
    await saveCommand(tx, changed);
    this.#tell(changed, noted.after);
    return changed;
  }

  #tell(row: CommandRow, after: AfterCommit): void {
    const { publisher, waiters, sweeper, readable, log } = this.#deps;
    after.do(() => {
      const trace = traceOf(row);
      log.info(
        {
          commandId: row.id,
          unitId: row.unit_id,
          state: row.state,
          code: row.code ?? undefined,
          hop: trace.at(-1)?.hop,
        },
        'command changed',
      );
      // What others changed in the same transaction is published all the same.
      const command = readable.one(row, COMMAND_VIEW);
      if (command) publisher.publish(row.site_id, 'command.changed', { command, trace });
      if (row.due_at !== null) sweeper.expect(row.due_at);
      if (isFinal(row.state)) waiters.ended(row.id);
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
