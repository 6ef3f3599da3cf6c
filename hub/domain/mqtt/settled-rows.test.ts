import { pino } from 'pino';
import { expect, it } from 'vitest';
import { AppError } from '#protocol/errors.ts';
import { SiteId, newId } from '#protocol/ids.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import type { UnitOfWork } from '../../store/unit-of-work.ts';
import { SettledRows } from './settled-rows.ts';

it('what could not be stored as acknowledged is stored later', async () => {
  const clock = new ManualClock(0);
  let runs = 0;
  const unitOfWork: Pick<UnitOfWork, 'run'> = {
    run: () => {
      runs += 1;
      return runs < 3
        ? Promise.reject(new AppError('storage_unavailable'))
        : new Promise((resolve) => {
            Reflect.apply(resolve, undefined, []);
          });
    },
  };
  const rows = new SettledRows({ unitOfWork, clock, log: pino({ level: 'silent' }) });
  rows.settled({ sessionKey: 1, site: newId(SiteId), seq: 1 });
  expect(rows.size).toBe(1);
  await rows.flush();
  expect([runs, rows.size]).toEqual([1, 1]);
  clock.advance(1_000);
  await rows.flush();
  expect(runs).toBeGreaterThan(1);
  clock.advance(1_000);
  await rows.flush();
  expect([runs, rows.size]).toEqual([3, 0]);
});
