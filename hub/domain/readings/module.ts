import { PerUserLimiter } from '#platform/sharing/per-user-limiter.ts';
import type { Module } from '#platform/assembly.ts';
import type { Foundation } from '../../store/module.ts';
import type { SitesOffers } from '../sites/module.ts';
import type { UnitsOffers } from '../units/module.ts';
import { HistoryService } from './history-service.ts';
import { orphanSweeper } from './orphan-sweeper.ts';
import { PartitionMaintenance } from './partition-maintenance.ts';
import { ReadingService } from './reading-service.ts';
import { RetentionService } from './retention-service.ts';
import { RetentionSweep, retentionSweeper } from './retention-sweeper.ts';
import { RollUps } from './roll-ups.ts';
import { Sparklines } from './sparklines.ts';

export interface ReadingsOffers {
  readonly history: HistoryService;
  readonly sparklines: Sparklines;
  readonly readings: ReadingService;
  readonly rollUps: RollUps;
  readonly retention: RetentionService;
  readonly retentionSweep: RetentionSweep;
  readonly partitions: PartitionMaintenance;
}

export function readingsModule(
  needs: Foundation & Pick<UnitsOffers, 'values'> & Pick<SitesOffers, 'access'>,
): Module<ReadingsOffers> {
  const history = new HistoryService({ ...needs, share: new PerUserLimiter() });
  const sparklines = new Sparklines(needs);
  const readings = new ReadingService({ ...needs, sparklines });
  const log = needs.log.child({ component: 'readings' });
  const orphans = orphanSweeper({ ...needs, log });
  const rollUps = new RollUps({ ...needs, log });
  const partitions = new PartitionMaintenance({ ...needs, log });
  const retention = new RetentionService(needs);
  const retentionSweep = new RetentionSweep({ ...needs, log });
  const expired = retentionSweeper({ ...needs, log }, retentionSweep);
  return {
    offers: { history, sparklines, readings, rollUps, partitions, retention, retentionSweep },
    start: async () => {
      await partitions.start();
      orphans.start();
      expired.start();
      rollUps.start();
    },
    close: async () => {
      orphans.close();
      expired.close();
      partitions.close();
      await rollUps.close();
    },
  };
}
