import { expect, it } from 'vitest';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { issued } from '../testing/test-base.ts';
import { openDatabase } from './database.ts';
import { Journal } from './journal.ts';

it('forgets the oldest commands that ended, and none that has not', () => {
  const database = openDatabase(':memory:');
  atTestEnd.add(() => database.close());
  const journal = new Journal(database, { kept: 10, pruneEvery: 4 });
  const open = issued();
  journal.add(open, 1);
  const ended = Array.from({ length: 23 }, () => issued());
  for (const command of ended) {
    journal.add(command, 1);
    journal.finish({ commandId: command.id, outcome: 'succeeded', trace: [] }, 1);
  }
  const known = ended.map(({ id }) => journal.find(id) !== undefined);
  // The last one that was added was the 24th, and so one to forget at: the ten before it stay.
  expect(known.filter(Boolean)).toHaveLength(10);
  expect(known.slice(-10)).toEqual(Array(10).fill(true));
  expect(journal.find(open.id)).toMatchObject({ state: 'received' });
});
