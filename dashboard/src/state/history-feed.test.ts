import { expect, it, onTestFinished } from 'vitest';
import type { HistoryAnswer } from '#protocol/http/units.ts';
import { newId, UnitId } from '#protocol/ids.ts';
import type { Reading, ReadingGap } from '#protocol/reading.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { HistoryFeed } from './history-feed.ts';

const START_MS = 1_000_000;

/** A feed whose answers come when the test gives them. */
function arrange() {
  const clock = new ManualClock(START_MS);
  const answers: ((answer: Partial<HistoryAnswer>) => void)[] = [];
  let readings: (readings: readonly Reading[]) => void = () => undefined;
  let gap: (gap: ReadingGap) => void = () => undefined;
  const feed = new HistoryFeed({
    api: {
      history: () =>
        new Promise((resolve) => {
          answers.push((answer) =>
            resolve({
              property: 'heat',
              fromMs: 0,
              toMs: START_MS,
              bucketMs: 0,
              source: 'raw',
              kept: { rawFromMs: 0, minutesFromMs: 0, hoursFromMs: 0 },
              points: [],
              gaps: [],
              nextFromMs: null,
              ...answer,
            }),
          );
        }),
    },
    store: {
      hubNow: clock.nowMs,
      onReadings: (_unit, listener) => {
        readings = listener;
        return () => (readings = () => undefined);
      },
      onGap: (_unit, listener) => {
        gap = listener;
        return () => (gap = () => undefined);
      },
    },
    clock,
    unitId: newId(UnitId),
    property: 'heat',
  });
  onTestFinished(() => feed.close());
  feed.open();
  let changes = 0;
  feed.state.subscribe(() => (changes += 1));
  const measure = (atMs: number, value: number | string, property = 'heat') =>
    readings([
      { property, value, measuredAtMs: atMs, receivedAtMs: atMs, clock: 'synced', seq: 1 },
    ]);
  const values = () => feed.state.get().points.map(({ last }) => last);
  const answer = async (given: Partial<HistoryAnswer> = {}) => {
    answers.shift()?.(given);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    clock,
    feed,
    answer,
    measure,
    values,
    gap: (g: ReadingGap) => gap(g),
    changes: () => changes,
  };
}

const point = (atMs: number, value: number) => ({
  ...{ atMs, min: value, max: value, mean: value, last: value, count: 1 },
});

it('adds what comes in together, so that many readings are one change', async () => {
  const { clock, feed, answer, measure, values, changes } = arrange();
  feed.show({ fromMs: 0, toMs: null });
  await answer({ points: [point(1, 1)] });
  const before = changes();
  for (let count = 1; count <= 20; count += 1) measure(START_MS + count, count);
  expect(values()).toEqual([1]);
  clock.advance(200);
  expect(values()).toHaveLength(21);
  expect(changes()).toBe(before + 1);
});

it('keeps the identity of points and gaps while neither changes', async () => {
  const { clock, feed, answer, measure } = arrange();
  feed.show({ fromMs: 0, toMs: null });
  await answer({ points: [point(1, 1)] });
  const before = feed.state.get();
  measure(START_MS, 5, 'other');
  measure(START_MS, 'text');
  clock.advance(1_000);
  expect(feed.state.get()).toBe(before);
  measure(START_MS, 5);
  clock.advance(1_000);
  expect(feed.state.get().gaps).toBe(before.gaps);
});

it('adds what was measured while its window was on the way', async () => {
  const { feed, answer, measure, values } = arrange();
  feed.show({ fromMs: 0, toMs: null });
  measure(START_MS + 5, 7);
  await answer({ points: [point(1, 1)] });
  expect(values()).toEqual([1, 7]);
});

it('counts nothing twice in a bucket that the answer has', async () => {
  const { feed, answer, measure } = arrange();
  feed.show({ fromMs: 0, toMs: null });
  measure(START_MS - 5, 7);
  await answer({ bucketMs: 60_000, points: [{ ...point(START_MS - 10, 7), count: 3 }] });
  expect(feed.state.get().points.map(({ count }) => count)).toEqual([3]);
});

it('keeps a past window unchanged, except for gaps that are reported later', async () => {
  const { clock, feed, answer, measure, values, gap } = arrange();
  feed.show({ fromMs: 0, toMs: 500 });
  await answer({ points: [point(1, 1)] });
  measure(START_MS, 9);
  gap({ fromMs: 100, toMs: 200, count: 2, reason: 'outbox_full' });
  clock.advance(1_000);
  expect(values()).toEqual([1]);
  expect(feed.state.get().gaps).toHaveLength(1);
});

it('receives nothing more once it is closed', async () => {
  const { clock, feed, answer, measure, values } = arrange();
  feed.show({ fromMs: 0, toMs: null });
  await answer();
  measure(START_MS, 1);
  feed.close();
  measure(START_MS + 1, 2);
  clock.advance(1_000);
  expect(values()).toEqual([]);
});
