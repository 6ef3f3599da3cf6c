import { expect, it } from 'vitest';
import { QueuedPermit } from './queued-permit.ts';
import { Semaphore } from './semaphore.ts';

it('lets one past who waits, and gives the permit back that then comes', async () => {
  const semaphore = new Semaphore({ permits: 1, maxQueued: 10 });
  const release = await semaphore.acquire();
  const queued = new QueuedPermit();
  const passing = queued.acquire(semaphore);
  queued.skip();
  const giveBack = await passing;
  giveBack();
  expect(semaphore.size).toBe(2);
  release();
  const next = await semaphore.acquire();
  next();
  expect(semaphore.size).toBe(0);
});
