import { expect, it } from 'vitest';
import { SingleFlight } from './single-flight.ts';

it('reads once for all requests during a read, and never returns older state', async () => {
  const reads = new SingleFlight<string, number>();
  const ends: (() => void)[] = [];
  let begun = 0;
  const read = async (): Promise<number> => {
    begun += 1;
    const mine = begun;
    await new Promise<void>((resolve) => ends.push(resolve));
    return mine;
  };
  const first = reads.run('a', read);
  const others = [reads.run('a', read), reads.run('a', read)];
  const elsewhere = reads.run('b', read);
  expect(begun).toBe(2);
  ends.shift()?.();
  expect(await first).toBe(1);
  ends.shift()?.();
  expect(await elsewhere).toBe(2);
  expect(begun).toBe(3);
  ends.shift()?.();
  expect(await Promise.all(others)).toEqual([3, 3]);
  const later = reads.run('a', read);
  ends.shift()?.();
  expect(await later).toBe(4);
});

it('continues after a failed read', async () => {
  const reads = new SingleFlight<string, number>();
  const failed = reads.run('a', () => Promise.reject(new Error('disk')));
  const next = reads.run('a', () => Promise.resolve(2));
  await expect(failed).rejects.toThrow('disk');
  expect(await next).toBe(2);
});
