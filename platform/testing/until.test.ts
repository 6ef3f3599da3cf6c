import { expect, it } from 'vitest';
import { AppError } from '#protocol/errors.ts';
import { until } from './until.ts';

/** Throws this the first two times. */
function twice(error: () => unknown) {
  const condition = { calls: 0 };
  return {
    condition,
    call: () => {
      condition.calls += 1;
      if (condition.calls <= 2) throw error();
      return 'there';
    },
  };
}

it.each<[string, () => unknown]>([
  ['an expectation', () => new Error('expected 1 to be 2')],
  ['a refusal', () => new AppError('base_offline')],
  ['half a file', () => new SyntaxError('Unexpected end of JSON input')],
  ['a hub that is not up', () => new TypeError('fetch failed', { cause: new Error('no') })],
  ['an address that is not known yet', () => Object.assign(new TypeError(), { code: 'ERR_URL' })],
])('waits on where the condition says "not yet" by %s', async (_what, error) => {
  expect(await until('it is there', twice(error).call)).toBe('there');
});

it.each<[string, () => unknown]>([
  ['a name that does not exist', () => new ReferenceError('x is not defined')],
  ['a method of nothing', () => new TypeError("Cannot read properties of undefined (reading 'x')")],
])('does not wait where the condition itself is wrong: %s', async (_what, error) => {
  const { call, condition } = twice(error);
  const failure = await until('never', call).catch((thrown: unknown) => thrown);
  expect(failure).toMatchObject({ message: 'the condition of "never" failed' });
  expect(condition.calls).toBe(1);
});

it('says what it waited for, and what was thrown last', async () => {
  const last = new Error('not yet');
  const failure = await until('a thing', () => Promise.reject(last), 20).catch(
    (thrown: unknown) => thrown,
  );
  expect(failure).toMatchObject({
    message: 'waited 20 ms in vain until a thing',
    cause: last,
  });
});

it('leaves the processor to others for most of the time, whatever a check costs', async () => {
  let checks = 0;
  const costly = (): false => {
    checks += 1;
    const endsAt = performance.now() + 10;
    while (performance.now() < endsAt);
    return false;
  };
  await expect(until('never', costly, 250)).rejects.toThrow('waited 250 ms in vain');
  // 10 ms of each 100, and the last one after the time is over.
  expect(checks).toBeLessThanOrEqual(4);
});
