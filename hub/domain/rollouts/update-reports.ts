import type { UpdateChanged } from '#protocol/hub-link/base-events.ts';
import type { UnitUpdateState } from '#protocol/rollout/unit-update-state.ts';
import type { Owned } from '../units/owned-records.ts';
import type { UnitUpdateRow } from '../../store/unit-updates.ts';
import type { ReportContext } from '../units/unit-reports.ts';
import type { UnitUpdateStates } from './unit-update-states.ts';

/** What bases say of the updates of their units. */
export class UpdateReports {
  readonly #deps: {
    readonly states: UnitUpdateStates;
    /** A report was stored: the rollout may go on. */
    readonly changed: () => void;
  };

  constructor(deps: { readonly states: UnitUpdateStates; readonly changed: () => void }) {
    this.#deps = deps;
  }

  async changed(
    row: Owned<UnitUpdateRow>,
    report: UpdateChanged,
    context: ReportContext,
  ): Promise<void> {
    // Live reports overtake those of the backlog.
    if (row.told_epoch === context.epoch && (row.told_seq ?? 0) > context.seq) return;
    await this.#deps.states.move(context.work, row, {
      to: stateOf(report),
      atMs: context.hubTime(report.atMs),
      code: report.code ?? undefined,
      told: { epoch: context.epoch, seq: context.seq },
      actor: { kind: 'base', id: context.base.id },
    });
    context.work.wake(this.#deps.changed);
  }
}

/** What was called off did not fail. */
function stateOf({ state, code }: UpdateChanged): UnitUpdateState {
  return state === 'failed' && code === 'update_cancelled' ? 'cancelled' : state;
}
