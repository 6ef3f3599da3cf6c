import { expect, it } from 'vitest';
import { CommandId, newId } from '#protocol/ids.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { CommandWaiters } from './command-waiters.ts';

it('lets others wait, whatever one person waits for: the newest of those are answered at once', async () => {
  const waiters = new CommandWaiters({ clock: new ManualClock(0), maxWaiters: 4 });
  const answered: string[] = [];
  const wait = (name: string, by: string): CommandId => {
    const id = newId(CommandId);
    void waiters.wait(id, { timeoutMs: 30_000, by }).then(() => answered.push(name));
    return id;
  };
  for (const name of ['m1', 'm2', 'm3', 'm4']) wait(name, 'mallory');
  wait('m5', 'mallory');
  const ada = wait('a1', 'ada');
  await Promise.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  expect(answered).toEqual(['m5', 'm4']);
  waiters.ended(ada);
  await new Promise((resolve) => setImmediate(resolve));
  expect(answered).toEqual(['m5', 'm4', 'a1']);
  waiters.close();
});
