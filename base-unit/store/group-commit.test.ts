import { expect, it } from 'vitest';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { issued } from '../testing/test-base.ts';
import { GroupCommit } from './group-commit.ts';
import { openStore } from './store.ts';

function build() {
  const store = openStore({ path: ':memory:' });
  atTestEnd.add(() => store.close());
  const waiting: (() => void)[] = [];
  const group = new GroupCommit({ store, soon: (run) => waiting.push(run) });
  return { store, group, waiting };
}

it('makes one commit of all that came together, and notifies each when it is done', () => {
  const { store, group, waiting } = build();
  const commands = [issued(), issued()];
  const settled: unknown[] = [];
  for (const command of commands) {
    group.add(
      () => store.journal.add(command, 1),
      (error) => settled.push([store.journal.open().length, error]),
    );
  }
  expect(waiting).toHaveLength(1);
  expect(settled).toEqual([]);
  waiting[0]?.();
  expect(settled).toEqual([
    [2, undefined],
    [2, undefined],
  ]);
});

it('undoes only the one that fails', () => {
  const { store, group } = build();
  const [good, bad] = [issued(), issued()];
  const errors: unknown[] = [];
  group.add(
    () => {
      store.journal.add(bad, 1);
      throw new Error('not this one');
    },
    (error) => errors.push(error),
  );
  group.add(
    () => store.journal.add(good, 1),
    (error) => errors.push(error),
  );
  group.flush();
  expect(errors).toEqual([new Error('not this one'), undefined]);
  expect(store.journal.open().map(({ command }) => command)).toEqual([good]);
});

it('notifies all when nothing can be stored', () => {
  const { store, group } = build();
  const errors: unknown[] = [];
  const broken = new GroupCommit({
    store: {
      commit: () => {
        throw new Error('disk full');
      },
    },
    soon: (run) => run(),
  });
  broken.add(
    () => store.journal.add(issued(), 1),
    (error) => errors.push(error),
  );
  group.flush();
  expect(errors).toEqual([new Error('disk full')]);
  expect(store.journal.open()).toEqual([]);
});
