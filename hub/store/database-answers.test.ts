import { expect, it } from 'vitest';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { openTestStore, testEngines } from '../testing/test-store.ts';
import { answerOf, DatabaseAnswers } from './database-answers.ts';

it.each(testEngines())(
  'is fresh while %s answers, and for five seconds after that',
  async (engine) => {
    const { db } = await openTestStore(engine);
    const clock = new ManualClock();
    const answers = new DatabaseAnswers({ probe: answerOf(db), clock });
    expect(await answers.isFresh()).toBe(true);
    clock.advance(60_000);
    expect(await answers.isFresh()).toBe(true);
    await db.destroy();
    clock.advance(5_000);
    expect(await answers.isFresh()).toBe(true);
    clock.advance(1);
    expect(await answers.isFresh()).toBe(false);
  },
);

it('waits two seconds for an answer, and does not pile up requests', async () => {
  let probes = 0;
  let answer = (): void => undefined;
  const probe = () => {
    probes += 1;
    return new Promise<void>((resolve) => (answer = resolve));
  };
  const clock = new ManualClock();
  const answers = new DatabaseAnswers({ probe, clock });
  const verdicts = [answers.isFresh(), answers.isFresh(), answers.isFresh()];
  clock.advance(2_000);
  expect(await Promise.all(verdicts)).toEqual([false, false, false]);
  expect(probes).toBe(1);
  const late = answers.isFresh();
  answer();
  // It was requested two seconds ago: that long it proves nothing any more, and three seconds more.
  expect(await late).toBe(true);
});
