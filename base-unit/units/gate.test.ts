import { expect, it } from 'vitest';
import { Gate } from './gate.ts';

it('lets so many through at once, and the next one in line when one leaves', async () => {
  const gate = new Gate(2);
  const inside: number[] = [];
  const leaves = [1, 2, 3, 4].map(async (visitor) => {
    const leave = await gate.enter();
    inside.push(visitor);
    return leave;
  });
  const leaveFirst = await leaves[0];
  await leaves[1];
  expect(inside).toEqual([1, 2]);
  leaveFirst?.();
  await leaves[2];
  expect(inside).toEqual([1, 2, 3]);
});
