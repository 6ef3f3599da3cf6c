import { systemClock } from '#platform/clock.ts';
import { PerUserLimiter } from '#platform/sharing/per-user-limiter.ts';
import { HistoryQuery } from '#protocol/http/units.ts';
import { newId, type UnitId, UserId } from '#protocol/ids.ts';
import { HistoryService } from '../../../hub/domain/readings/history-service.ts';
import type { Store } from '../../../hub/store/engine/store.ts';
import { UnitMapper } from '../../../hub/store/unit-mapper.ts';
import { findUnit } from '../../../hub/store/units.ts';

/** An answer of a history, and what it took. */
interface HistoryRead {
  readonly ms: number;
  /** False: it ended after the time that a hub gives to an answer, and said where to go on. */
  readonly isWhole: boolean;
}

/** Reads the span of time up to `toMs`. */
export type ReadHistory = (spanMs: number) => Promise<HistoryRead>;

/** As a hub does for a request over HTTP. */
export async function historyReads(
  store: Store,
  { unitId, toMs }: { readonly unitId: UnitId; readonly toMs: number },
): Promise<ReadHistory> {
  const unit = await findUnit(store.db, new UnitMapper(), unitId);
  if (!unit) throw new Error('no unit');
  const service = new HistoryService({
    ...store,
    clock: systemClock,
    share: new PerUserLimiter(),
  });
  const by = { userId: newId(UserId), isWanted: () => true };
  return async (spanMs) => {
    const range = { property: 'heat', from: toMs - spanMs, to: toMs };
    const begunMs = performance.now();
    const answer = await service.query(by, unit, HistoryQuery.parse(range));
    const ms = performance.now() - begunMs;
    const isWhole = answer.nextFromMs === null;
    if (isWhole && answer.points.length < 200) throw new Error('too few points');
    return { ms, isWhole };
  };
}
