import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { runQueues } from './part-queues.mjs';
import { Tally } from './tally.mjs';

/** Queues whose parts are ended by hand. */
function handMade() {
  const began = [];
  const ends = new Map();
  const part = (name, after) => ({
    name,
    ...(after ? { after } : {}),
    part: () => {
      began.push(name);
      return new Promise((resolve, reject) => {
        ends.set(name, (error) =>
          error ? reject(error) : resolve({ passed: 1, failed: 0, skipped: [], output: '' }),
        );
      });
    },
  });
  const end = async (name, error) => {
    await turn();
    ends.get(name)(error);
    await turn();
  };
  return { began, part, end };
}

it('runs the steps of a queue in their order, and the queues beside one another', async () => {
  const { began, part, end } = handMade();
  const tally = new Tally(() => undefined);
  const all = runQueues(tally, [
    { width: 1, steps: [part('unit'), [part('e2e'), part('browser')], part('faults')] },
    { width: 2, steps: [part('types'), part('format'), part('lint')] },
  ]);
  await end('types');
  expect(began).toEqual(['unit', 'types', 'format', 'lint']);
  await end('unit');
  await end('e2e');
  expect(began.slice(4)).toEqual(['e2e', 'browser']);
  await end('browser');
  expect(began.at(-1)).toBe('faults');
  for (const name of ['faults', 'format', 'lint']) await end(name);
  await all;
});

it('begins a part only after those it needs, whether they went well or not', async () => {
  const { began, part, end } = handMade();
  const tally = new Tally(() => undefined);
  const all = runQueues(tally, [
    { width: 1, steps: [part('unit'), part('e2e', ['build'])] },
    { width: 1, steps: [part('build'), part('lint')] },
  ]);
  await end('unit');
  expect(began).toEqual(['unit', 'build']);
  await end('build', new Error('does not compile'));
  expect(began.toSorted()).toEqual(['build', 'e2e', 'lint', 'unit']);
  for (const name of ['e2e', 'lint']) await end(name);
  await all;
  expect(tally.failed).toBe(1);
});
