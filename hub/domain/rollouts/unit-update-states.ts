import type { Logger } from 'pino';
import type { ErrorCode } from '#protocol/errors.ts';
import { toInstant } from '#protocol/json.ts';
import type { UpdateStep } from '#protocol/rollout/rollout.ts';
import {
  type UnitUpdateState,
  isUpdateOver,
  mayUpdateBecome,
} from '#protocol/rollout/unit-update-state.ts';
import type { Actor } from '#protocol/events/actor.ts';
import type { UnitCache } from '../units/unit-cache.ts';
import type { Work } from '../../store/unit-of-work.ts';
import type { OutboxPlace } from '../../store/outbox-place.ts';
import { type UnitUpdateRecord, saveUnitUpdate } from '../../store/unit-updates.ts';

/** Steps kept of one update, the first and the newest: a bad link may repeat states often. */
const MAX_STEPS = 24;

export interface UpdateMove {
  readonly to: UnitUpdateState;
  readonly atMs: number;
  readonly code?: ErrorCode | undefined;
  /** In which its turn came, when it did. */
  readonly step?: number;
  /** Place in its base's outbox, for a report. */
  readonly reportPlace?: OutboxPlace;
  readonly actor: Actor;
}

/** The only writer of the updates of units. */
export class UnitUpdateStates {
  readonly #log: Logger;
  readonly #directory: UnitCache;

  constructor(deps: { readonly log: Logger; readonly directory: UnitCache }) {
    this.#log = deps.log;
    this.#directory = deps.directory;
  }

  /** The update after the change; undefined, and nothing done, where it is not allowed. */
  async move(
    work: Work,
    update: UnitUpdateRecord,
    move: UpdateMove,
  ): Promise<UnitUpdateRecord | undefined> {
    const { to, atMs, code } = move;
    const isNews =
      mayUpdateBecome(update.state, to) || (update.state === to && update.code !== (code ?? null));
    if (!isNews || (update.state === to && isUpdateOver(to))) return undefined;
    const moved: UnitUpdateRecord = {
      ...update,
      state: to,
      code: code ?? null,
      step: move.step ?? update.step,
      isOrdered: update.isOrdered && !isUpdateOver(to),
      changedAtMs: update.state === to ? update.changedAtMs : atMs,
      steps: withStep(update.steps, {
        state: to,
        at: toInstant(atMs),
        ...(code === undefined ? {} : { code }),
      }),
      reportPlace: move.reportPlace ?? update.reportPlace,
    };
    await saveUnitUpdate(work.tx, moved);
    await this.emit(work, moved, move.actor);
    work.wake(() => {
      this.#log.info(
        {
          updateId: update.id,
          rolloutId: update.rolloutId,
          unitId: update.unitId,
          state: to,
          code,
        },
        'update changed',
      );
    });
    return moved;
  }

  /** Emits the state of a unit's update. */
  async emit(work: Work, update: UnitUpdateRecord, actor: Actor): Promise<void> {
    const unit = await this.#directory.findIn(work.tx, update.unitId);
    // Removed meanwhile: nobody needs it.
    if (!unit) return;
    work.emit({
      site: unit.siteId,
      type: 'unit.update_changed',
      actor,
      data: {
        unitId: update.unitId,
        unitName: unit.name,
        updateId: update.id,
        rolloutId: update.rolloutId,
        state: update.state,
        ...(update.code === null ? {} : { code: update.code }),
      },
    });
  }
}

function withStep(steps: readonly UpdateStep[], step: UpdateStep): UpdateStep[] {
  const all = [...steps, step];
  return all.length <= MAX_STEPS ? all : [...all.slice(0, 2), ...all.slice(2 - MAX_STEPS)];
}
