import { expect, it } from 'vitest';
import { SiteSnapshot } from '#protocol/http/sites.ts';
import { SparklinePoints } from './sparkline-points.ts';

const contract = SiteSnapshot.shape.sparklines.valueType.valueType;

it.each([
  [[]],
  [[[0, 0]]],
  [
    [
      [1_700_000_000_000, 21.5],
      [1_700_000_300_000, -3],
    ],
  ],
  [undefined],
  [{}],
  [[7]],
  [[[1]]],
  [[[1, 2, 3]]],
  [[[1, '2']]],
  [[[1, null]]],
  [[[1, Number.NaN]]],
  [[[1, Infinity]]],
])('accepts of %j what the contract accepts', (value) => {
  expect(SparklinePoints.safeParse(value).success).toBe(contract.safeParse(value).success);
});
