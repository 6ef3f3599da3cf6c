import { expect, it } from 'vitest';
import { PerUserLimiter } from './per-user-limiter.ts';

it('runs two reads of one user, queues eight, and refuses more; others continue', async () => {
  const share = new PerUserLimiter();
  const ends: (() => void)[] = [];
  let begun = 0;
  const read = async (): Promise<number> => {
    begun += 1;
    const mine = begun;
    await new Promise<void>((resolve) => ends.push(resolve));
    return mine;
  };
  const reads = Array.from({ length: 10 }, () => share.run('ada', read));
  expect(begun).toBe(2);
  await expect(share.run('ada', read)).rejects.toMatchObject({ code: 'rate_limited' });
  expect(await share.run('bob', () => Promise.resolve('at once'))).toBe('at once');
  for (const expected of reads.keys()) {
    ends[expected]?.();
    expect(await reads[expected]).toBe(expected + 1);
  }
  expect(begun).toBe(10);
  expect(await share.run('ada', () => Promise.resolve('again'))).toBe('again');
});
