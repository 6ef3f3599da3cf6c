import { PerUserLimiter } from '#platform/sharing/per-user-limiter.ts';
import type { Module } from '#platform/assembly.ts';
import type { Foundation } from '../../store/module.ts';
import type { UnitsOffers } from '../units/module.ts';
import { HistoryService } from './history-service.ts';
import { orphanSweeper } from './orphan-sweeper.ts';
import { ReadingService } from './reading-service.ts';
import { Sparklines } from './sparklines.ts';

export interface ReadingsOffers {
  readonly history: HistoryService;
  readonly sparklines: Sparklines;
  readonly readings: ReadingService;
}

export function readingsModule(
  needs: Foundation & Pick<UnitsOffers, 'values'>,
): Module<ReadingsOffers> {
  const history = new HistoryService({ ...needs, share: new PerUserLimiter() });
  const sparklines = new Sparklines(needs);
  const readings = new ReadingService({ ...needs, sparklines });
  const orphans = orphanSweeper({ ...needs, log: needs.log.child({ component: 'readings' }) });
  return {
    offers: { history, sparklines, readings },
    start: () => orphans.start(),
    close: () => orphans.close(),
  };
}
