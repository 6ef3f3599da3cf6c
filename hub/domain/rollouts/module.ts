import type { Module } from '#platform/assembly.ts';
import type { Outcome } from '../../kernel/outcome.ts';
import { Sweeper } from '../../kernel/sweeper.ts';
import type { Foundation } from '../../store/module.ts';
import type { BasesOffers } from '../bases/module.ts';
import type { FirmwareOffers } from '../firmware/module.ts';
import type { UnitsOffers } from '../units/module.ts';
import { RolloutService } from './rollout-service.ts';
import { RolloutViews } from './rollout-views.ts';
import { UnitUpdateStates } from './unit-update-states.ts';
import { UpdateReports } from './update-reports.ts';
import { UpdateTransfers } from './update-transfers.ts';

/** Presence changes in storms: the rollouts look at it together. */
const PRESENCE_LOOK_MS = 500;

export interface RolloutsNeeds
  extends
    Foundation,
    FirmwareOffers,
    Pick<BasesOffers, 'connections'>,
    Pick<UnitsOffers, 'directory' | 'owned' | 'units'> {}

export interface RolloutsOffers {
  readonly rollouts: RolloutService;
  readonly rolloutViews: RolloutViews;
  readonly updateReports: UpdateReports;
  readonly updateTransfers: UpdateTransfers;
}

export function rolloutsModule(needs: RolloutsNeeds): Module<RolloutsOffers> {
  const { clock, clockWatch, unitOfWork } = needs;
  const log = needs.log.child({ component: 'rollouts' });
  const sweeper = new Sweeper({ ...needs, log });
  const states = new UnitUpdateStates({ ...needs, log });
  const rollouts = new RolloutService({ ...needs, log, states, sweeper });
  const updateReports = new UpdateReports({ states, sweeper, clock });
  const updateTransfers = new UpdateTransfers(needs);
  // A rollout may proceed, or has to wait, when a unit comes or goes.
  unitOfWork.follow({
    committed: ({ events }: Outcome) => {
      if (!events.some(({ type }) => type === 'unit.presence_changed')) return;
      sweeper.expect(clock.nowMs() + PRESENCE_LOOK_MS);
    },
  });
  return {
    offers: { rollouts, rolloutViews: new RolloutViews(needs), updateReports, updateTransfers },
    start: () => {
      clockWatch.onStep(() => sweeper.recheck());
      sweeper.start(() => rollouts.sweep());
    },
    close: () => sweeper.close(),
  };
}
