import { describe, expect, it } from 'vitest';
import { openTestStore, testEngines } from '../testing/test-store.ts';
import { countAttempt, forgetAttempts, sweepAttempts } from './attempts.ts';

const WINDOW = { windowMs: 1_000, max: 3 };

describe.each(testEngines())('attempts on %s', (engine) => {
  async function arrange() {
    const { writer, db } = await openTestStore(engine);
    return {
      db,
      write: writer.run.bind(writer),
      count: (key: string, nowMs: number) =>
        writer.run((tx) => countAttempt(tx, { kind: 'sign_in', key }, { ...WINDOW, nowMs }), key),
      keys: async () =>
        (await db.selectFrom('attempts').select('key').orderBy('key').execute()).map(
          ({ key }) => key,
        ),
    };
  }

  it('are each counted, also of those that come at the same time', async () => {
    const { count } = await arrange();
    const counts = await Promise.all(['a', 'a', 'a', 'b', 'a'].map((key) => count(key, 0)));
    expect(counts.map((one) => one.count).toSorted()).toEqual([1, 1, 2, 3, 4]);
    // The maximum that is kept.
    expect(await count('a', 999)).toEqual({ count: 4, endsAtMs: 1_000 });
  });

  it('begin anew when their window is over, or is of a clock that was ahead', async () => {
    const { count, write } = await arrange();
    await count('a', 0);
    expect(await count('a', 1_000)).toEqual({ count: 1, endsAtMs: 2_000 });
    await count('b', 1_000_000);
    expect(await count('b', 0)).toEqual({ count: 1, endsAtMs: 1_000 });
    await write((tx) => forgetAttempts(tx, { kind: 'sign_in', key: 'b' }), 'b');
    expect(await count('b', 500)).toEqual({ count: 1, endsAtMs: 1_500 });
  });

  it('are dropped when over, and beyond the bound those of the fewest', async () => {
    const { count, write, keys } = await arrange();
    await count('over', 0);
    for (const key of ['a', 'b', 'b', 'c', 'c', 'd']) await count(key, 1_000);
    await write((tx) => sweepAttempts(tx, 1_000, 2), 'sweep');
    expect(await keys()).toEqual(['b', 'c']);
  });
});
