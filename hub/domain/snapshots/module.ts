import { PerUserLimiter } from '#platform/sharing/per-user-limiter.ts';
import type { Module } from '#platform/assembly.ts';
import type { Foundation } from '../../store/module.ts';
import type { BasesOffers } from '../bases/module.ts';
import type { CommandsOffers } from '../commands/module.ts';
import type { ReadingsOffers } from '../readings/module.ts';
import type { RolloutsOffers } from '../rollouts/module.ts';
import type { SitesOffers } from '../sites/module.ts';
import type { UnitsOffers } from '../units/module.ts';
import { SnapshotService } from './snapshot-service.ts';

export interface SnapshotsNeeds
  extends
    Foundation,
    Pick<SitesOffers, 'sites'>,
    Pick<BasesOffers, 'baseViews'>,
    Pick<UnitsOffers, 'views'>,
    Pick<CommandsOffers, 'live'>,
    Pick<ReadingsOffers, 'sparklines'>,
    Pick<RolloutsOffers, 'rollouts'> {}

export interface SnapshotsOffers {
  readonly snapshots: SnapshotService;
}

export function snapshotsModule(needs: SnapshotsNeeds): Module<SnapshotsOffers> {
  const bases = needs.baseViews;
  return {
    offers: { snapshots: new SnapshotService({ ...needs, bases, share: new PerUserLimiter() }) },
  };
}
