import { expect, it } from 'vitest';
import { AppError } from '#protocol/errors.ts';
import { Semaphore } from './semaphore.ts';

/** Work that ends when it is told to. */
function heldWork() {
  const ends: (() => void)[] = [];
  let max = 0;
  let running = 0;
  const work = async (): Promise<void> => {
    running += 1;
    max = Math.max(max, running);
    await new Promise<void>((resolve) => ends.push(resolve));
    running -= 1;
  };
  return { work, endOne: () => ends.shift()?.(), max: () => max };
}

it('never lets more in than it may, not even at the moment when one ends', async () => {
  const semaphore = new Semaphore({ permits: 1, maxQueued: 5 });
  const { work, endOne, max } = heldWork();
  const all = [semaphore.run('a', work), semaphore.run('a', work)];
  endOne();
  // Between the end of one and the turn of the next.
  for (let tick = 0; tick < 5; tick += 1) {
    await Promise.resolve();
    all.push(semaphore.run('b', work).catch(() => undefined));
  }
  while (semaphore.size > 0) {
    endOne();
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  await Promise.all(all);
  expect(max()).toBe(1);
});

it('replaces an entry of the owner with the most waiting, for one who has none', async () => {
  const semaphore = new Semaphore({ permits: 1, maxQueued: 3 });
  const { work, endOne } = heldWork();
  const ended: string[] = [];
  const run = (owner: string) =>
    semaphore.run(owner, work).then(
      () => ended.push(owner),
      (error: unknown) => ended.push(`${owner}: ${error instanceof AppError ? error.code : ''}`),
    );
  const many = Array.from({ length: 4 }, () => run('many'));
  const one = run('one');
  while (semaphore.size > 0) {
    endOne();
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  await Promise.all([...many, one]);
  expect(ended).toEqual(['many: overloaded', 'many', 'many', 'one', 'many']);
});

it('admits the next in the queue when a permit is given back, once', async () => {
  const semaphore = new Semaphore({ permits: 2, maxQueued: 10 });
  const inside: number[] = [];
  const releases = [1, 2, 3, 4].map(async (visitor) => {
    const release = await semaphore.acquire();
    inside.push(visitor);
    return release;
  });
  const releaseFirst = await releases[0];
  await releases[1];
  expect(inside).toEqual([1, 2]);
  releaseFirst?.();
  releaseFirst?.();
  await releases[2];
  expect(inside).toEqual([1, 2, 3]);
});

it('refuses with the code that it was given', async () => {
  const semaphore = new Semaphore({ permits: 1, maxQueued: 0, refusal: 'rate_limited' });
  const release = await semaphore.acquire();
  await expect(semaphore.acquire()).rejects.toMatchObject({ code: 'rate_limited' });
  release();
  await semaphore.acquire();
});
