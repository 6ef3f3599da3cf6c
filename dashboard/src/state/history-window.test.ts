import { expect, it } from 'vitest';
import { movedWindow, zoomedWindow } from './history-window.ts';

const NOW = 1_000_000_000_000;
const DAY = 86_400_000;
const hour = { fromMs: NOW - 3_600_000, toMs: NOW };

it('moves by half of what is shown, and never past now', () => {
  const earlier = movedWindow(hour, -1, NOW);
  expect(earlier).toEqual({ fromMs: NOW - 5_400_000, toMs: NOW - 1_800_000 });
  expect(movedWindow(earlier, 1, NOW)).toEqual(hour);
  expect(movedWindow(hour, 1, NOW)).toEqual(hour);
  expect(movedWindow({ fromMs: NOW - 3_600_000, toMs: NOW - 60_000 }, 1, NOW).toMs).toBe(NOW);
});

it('zooms around the middle, within what a chart can show and what there is', () => {
  const inner = zoomedWindow(hour, 'in', NOW);
  expect(inner).toEqual({ fromMs: NOW - 2_700_000, toMs: NOW - 900_000 });
  expect(zoomedWindow(inner, 'out', NOW)).toEqual(hour);
  expect(zoomedWindow(hour, 'out', NOW)).toEqual({ fromMs: NOW - 7_200_000, toMs: NOW });
  const shortest = { fromMs: NOW - 10_000, toMs: NOW };
  expect(zoomedWindow(shortest, 'in', NOW)).toEqual(shortest);
  const longest = { fromMs: NOW - 365 * DAY, toMs: NOW };
  expect(zoomedWindow(longest, 'out', NOW)).toEqual(longest);
});
