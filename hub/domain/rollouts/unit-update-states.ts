import type { Logger } from 'pino';
import type { ErrorCode } from '#protocol/errors.ts';
import type { Epoch } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import type { UpdateStep } from '#protocol/rollout/rollout.ts';
import {
  type UnitUpdateState,
  isUpdateOver,
  mayUpdateBecome,
} from '#protocol/rollout/unit-update-state.ts';
import type { Actor } from '#protocol/events/actor.ts';
import type { UnitDirectory } from '../units/unit-directory.ts';
import type { Work } from '../../store/unit-of-work.ts';
import { type UnitUpdateRow, saveUnitUpdate, updateStepsOf } from '../../store/unit-updates.ts';

/** Steps that are kept of one update, the first and the newest: a bad link may take it back often. */
const MAX_STEPS = 24;

export interface UpdateMove {
  readonly to: UnitUpdateState;
  readonly atMs: number;
  readonly code?: ErrorCode | undefined;
  /** In which its turn came, when it did. */
  readonly step?: number;
  /** Place in its base's outbox, for a report. */
  readonly told?: { readonly epoch: Epoch; readonly seq: number };
  readonly actor: Actor;
}

/** The only writer of the updates of units. */
export class UnitUpdateStates {
  readonly #log: Logger;
  readonly #directory: UnitDirectory;

  constructor(deps: { readonly log: Logger; readonly directory: UnitDirectory }) {
    this.#log = deps.log;
    this.#directory = deps.directory;
  }

  /** The update after the change; undefined, and nothing done, where it is not allowed. */
  async move(work: Work, row: UnitUpdateRow, move: UpdateMove): Promise<UnitUpdateRow | undefined> {
    const { to, atMs, code } = move;
    const isNews =
      mayUpdateBecome(row.state, to) || (row.state === to && row.code !== (code ?? null));
    if (!isNews || (row.state === to && isUpdateOver(to))) return undefined;
    const moved: UnitUpdateRow = {
      ...row,
      state: to,
      code: code ?? null,
      step: move.step ?? row.step,
      is_ordered: isUpdateOver(to) ? 0 : row.is_ordered,
      changed_at: row.state === to ? row.changed_at : atMs,
      steps: JSON.stringify(
        withStep(updateStepsOf(row), {
          state: to,
          at: toInstant(atMs),
          ...(code === undefined ? {} : { code }),
        }),
      ),
      told_epoch: move.told?.epoch ?? row.told_epoch,
      told_seq: move.told?.seq ?? row.told_seq,
    };
    await saveUnitUpdate(work.tx, moved);
    await this.emit(work, moved, move.actor);
    work.wake(() => {
      this.#log.info(
        { updateId: row.id, rolloutId: row.rollout_id, unitId: row.unit_id, state: to, code },
        'update changed',
      );
    });
    return moved;
  }

  /** Says how it stands with the update of a unit. */
  async emit(work: Work, row: UnitUpdateRow, actor: Actor): Promise<void> {
    const unit = await this.#directory.findIn(work.tx, row.unit_id);
    // Removed meanwhile: then nobody asks any more.
    if (!unit) return;
    work.emit({
      site: unit.siteId,
      type: 'unit.update_changed',
      actor,
      data: {
        unitId: row.unit_id,
        unitName: unit.name,
        updateId: row.id,
        rolloutId: row.rollout_id,
        state: row.state,
        ...(row.code === null ? {} : { code: row.code }),
      },
    });
  }
}

function withStep(steps: readonly UpdateStep[], step: UpdateStep): UpdateStep[] {
  const all = [...steps, step];
  return all.length <= MAX_STEPS ? all : [...all.slice(0, 2), ...all.slice(2 - MAX_STEPS)];
}
