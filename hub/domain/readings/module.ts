import { PerUserLimiter } from '#platform/sharing/per-user-limiter.ts';
import type { Module } from '#platform/assembly.ts';
import type { Foundation } from '../../store/module.ts';
import type { UnitsOffers } from '../units/module.ts';
import { HistoryService } from './history-service.ts';
import { orphanSweeper } from './orphan-sweeper.ts';
import { PartitionMaintenance } from './partition-maintenance.ts';
import { ReadingService } from './reading-service.ts';
import { RollUps } from './roll-ups.ts';
import { Sparklines } from './sparklines.ts';

export interface ReadingsOffers {
  readonly history: HistoryService;
  readonly sparklines: Sparklines;
  readonly readings: ReadingService;
  readonly rollUps: RollUps;
  readonly partitions: PartitionMaintenance;
}

export function readingsModule(
  needs: Foundation & Pick<UnitsOffers, 'values'>,
): Module<ReadingsOffers> {
  const history = new HistoryService({ ...needs, share: new PerUserLimiter() });
  const sparklines = new Sparklines(needs);
  const readings = new ReadingService({ ...needs, sparklines });
  const log = needs.log.child({ component: 'readings' });
  const orphans = orphanSweeper({ ...needs, log });
  const rollUps = new RollUps({ ...needs, log });
  const partitions = new PartitionMaintenance({ ...needs, log });
  return {
    offers: { history, sparklines, readings, rollUps, partitions },
    start: async () => {
      await partitions.start();
      orphans.start();
      rollUps.start();
    },
    close: async () => {
      orphans.close();
      partitions.close();
      await rollUps.close();
    },
  };
}
