import { expect, it } from 'vitest';
import { AppError } from '#protocol/errors.ts';
import type { DiscoveryAnswer } from '#protocol/hub-link/discovery.ts';
import { BaseId, newId } from '#protocol/ids.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { UnitSearch } from './unit-search.ts';

const answerOf = (revision: string): DiscoveryAnswer => ({
  revision,
  isSearching: true,
  units: [],
  omitted: 0,
  serialPorts: [],
});

function fixture() {
  const clock = new ManualClock(0);
  const requested: { revision: string | null; signal: AbortSignal }[] = [];
  const pending: { resolve: (answer: DiscoveryAnswer) => void; reject: (e: Error) => void }[] = [];
  const search = new UnitSearch({
    baseId: newId(BaseId),
    clock,
    random: () => 0,
    discover: (_base, revision, signal) => {
      requested.push({ revision, signal });
      return new Promise((resolve, reject) => pending.push({ resolve, reject }));
    },
  });
  const settle = async () => {
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  };
  return { clock, requested, pending, search, settle };
}

it('requests again with its revision, and shows a new answer', async () => {
  const { clock, requested, pending, search, settle } = fixture();
  search.start();
  pending[0]?.resolve(answerOf('one'));
  await settle();
  expect(search.view.get().answer?.revision).toBe('one');
  clock.advance(500);
  pending[1]?.resolve(answerOf('two'));
  await settle();
  expect(requested.map(({ revision }) => revision)).toEqual([null, 'one']);
  expect(search.view.get().answer?.revision).toBe('two');
  search.close();
});

it('renders nothing again for an unchanged answer', async () => {
  const { clock, pending, search, settle } = fixture();
  search.start();
  pending[0]?.resolve(answerOf('one'));
  await settle();
  const before = search.view.get();
  clock.advance(500);
  pending[1]?.resolve(answerOf('one'));
  await settle();
  expect(search.view.get()).toBe(before);
  search.close();
});

it('keeps what it found when the base goes, says why, and finds it again', async () => {
  const { clock, requested, pending, search, settle } = fixture();
  search.start();
  pending[0]?.resolve(answerOf('one'));
  await settle();
  clock.advance(500);
  pending[1]?.reject(new AppError('base_offline'));
  await settle();
  expect(search.view.get()).toMatchObject({ code: 'base_offline', answer: { revision: 'one' } });
  clock.advance(500);
  expect(requested).toHaveLength(3);
  pending[2]?.resolve(answerOf('one'));
  await settle();
  expect(search.view.get().code).toBeUndefined();
  search.close();
});

it('requests nothing more once it is closed', async () => {
  const { clock, requested, pending, search, settle } = fixture();
  search.start();
  search.close();
  expect(requested[0]?.signal.aborted).toBe(true);
  pending[0]?.resolve(answerOf('one'));
  await settle();
  clock.advance(60_000);
  expect(requested).toHaveLength(1);
  expect(search.view.get().answer).toBeUndefined();
});
