import { useEffect, useState } from 'react';
import type { ErrorCode } from '#protocol/errors.ts';
import type { HistoryPoint } from '#protocol/http/units.ts';
import type { UnitId } from '#protocol/ids.ts';
import type { ReadingGap } from '#protocol/reading.ts';
import { asAppError } from '../api/http-client.ts';
import type { SiteApi } from '../api/site-api.ts';
import { withGap, withReading } from '../state/history-series.ts';
import { useServices, useSite } from './services.ts';

export interface HistoryWindow {
  readonly fromMs: number;
  /** Null: up to now, and on with it. */
  readonly toMs: number | null;
}

export interface History {
  readonly points: readonly HistoryPoint[];
  /** Readings of the unit that never came, oldest first. */
  readonly gaps: readonly ReadingGap[];
  readonly bucketMs: number;
  readonly loading: boolean;
  readonly code: ErrorCode | undefined;
}

const NOTHING: History = { points: [], gaps: [], bucketMs: 0, loading: true, code: undefined };
/** Answers fetched for one window; each has up to 2,000 points. */
const MAX_PAGES = 4;

/** The history of a property in a window; one that reaches to now grows with each reading. */
export function useHistory(unitId: UnitId, property: string, window: HistoryWindow): History {
  const { siteApi } = useServices();
  const { store } = useSite();
  const [history, setHistory] = useState<History>(NOTHING);
  const { fromMs, toMs } = window;
  useEffect(() => {
    const abort = new AbortController();
    setHistory((before) => ({ ...before, loading: true, code: undefined }));
    const query = { property, fromMs, toMs: toMs ?? store.hubNow() };
    fetchPages(siteApi, unitId, query, abort.signal).then(
      (loaded) => setHistory({ ...loaded, loading: false, code: undefined }),
      (error: unknown) => {
        if (abort.signal.aborted) return;
        setHistory((before) => ({ ...before, loading: false, code: asAppError(error).code }));
      },
    );
    return () => abort.abort();
  }, [siteApi, store, unitId, property, fromMs, toMs]);
  useEffect(() => {
    if (toMs !== null) return;
    return store.onReadings(unitId, (readings) => {
      setHistory((before) => {
        let { points } = before;
        for (const { property: name, value, measuredAtMs } of readings) {
          if (name !== property || typeof value === 'string') continue;
          points = withReading(points, before.bucketMs, measuredAtMs, Number(value));
        }
        return points === before.points ? before : { ...before, points };
      });
    });
  }, [store, unitId, property, toMs]);
  useEffect(
    () =>
      store.onGap(unitId, (gap) => {
        setHistory((before) => ({ ...before, gaps: withGap(before.gaps, gap) }));
      }),
    [store, unitId],
  );
  return history;
}

async function fetchPages(
  api: SiteApi,
  unitId: UnitId,
  query: { property: string; fromMs: number; toMs: number },
  signal: AbortSignal,
): Promise<Pick<History, 'points' | 'gaps' | 'bucketMs'>> {
  const points: HistoryPoint[] = [];
  let gaps: readonly ReadingGap[] = [];
  let bucketMs = 0;
  let from: number | null = Math.floor(query.fromMs);
  for (let page = 0; page < MAX_PAGES && from !== null; page += 1) {
    const answer = await api.history(
      unitId,
      { property: query.property, from, to: Math.ceil(query.toMs), resolution: 'auto' },
      signal,
    );
    points.push(...answer.points);
    for (const gap of answer.gaps) gaps = withGap(gaps, gap);
    bucketMs = answer.bucketMs;
    from = answer.nextFromMs;
  }
  return { points, gaps, bucketMs };
}
