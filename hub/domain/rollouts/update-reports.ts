import type { Clock } from '#platform/clock.ts';
import type { UpdateChanged } from '#protocol/hub-link/base-events.ts';
import type { UnitUpdateState } from '#protocol/rollout/unit-update-state.ts';
import type { Sweeper } from '../../kernel/sweeper.ts';
import { actorOf } from '../../kernel/telemetry-source.ts';
import type { Owned } from '../units/owned-records.ts';
import { isOvertaken } from '../../store/outbox-place.ts';
import type { UnitUpdateRecord } from '../../store/unit-updates.ts';
import type { ReportContext } from '../units/unit-reports.ts';
import type { UnitUpdateStates } from './unit-update-states.ts';

/** Handles reports of bases about their units' updates. */
export class UpdateReports {
  readonly #deps: {
    readonly states: UnitUpdateStates;
    readonly sweeper: Pick<Sweeper, 'expect'>;
    readonly clock: Clock;
  };

  constructor(deps: {
    readonly states: UnitUpdateStates;
    readonly sweeper: Pick<Sweeper, 'expect'>;
    readonly clock: Clock;
  }) {
    this.#deps = deps;
  }

  async changed(
    update: Owned<UnitUpdateRecord>,
    report: UpdateChanged,
    context: ReportContext,
  ): Promise<void> {
    const { epoch, seq } = context;
    if (isOvertaken({ epoch, seq }, update.reportPlace)) return;
    const { states, sweeper, clock } = this.#deps;
    await states.move(context.work, update, {
      to: stateOf(report),
      atMs: context.hubTime(report.atMs),
      code: report.code ?? undefined,
      reportPlace: { epoch, seq },
      actor: actorOf(context.source, update.unitId),
    });
    // The rollout may proceed.
    context.work.wake(() => sweeper.expect(clock.nowMs()));
  }
}

/** A cancelled update did not fail. */
function stateOf({ state, code }: UpdateChanged): UnitUpdateState {
  return state === 'failed' && code === 'update_cancelled' ? 'cancelled' : state;
}
