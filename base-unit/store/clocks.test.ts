import { describe, expect, it } from 'vitest';
import { newId, UnitId } from '#protocol/ids.ts';
import { atTestEnd, temporaryFolder } from '../../test/harness/cleanup.ts';
import { openStore, type Store } from './store.ts';

/** A base begins, in some run of a machine, whose clock says something. */
function start(path: string, boot: string | undefined, wallMinusMonotonicMs: number) {
  const store = openStore({ path, boot });
  atTestEnd.add(() => store.close());
  const startMs = store.commit(() => store.clocks.begin(wallMinusMonotonicMs));
  return { store, startMs };
}

const pathOf = () => `${temporaryFolder(atTestEnd)}/base.db`;

/** @returns the clock that the event is stored with. */
function append(store: Store): number | undefined {
  const gap = {
    unitId: newId(UnitId),
    fromMs: 1,
    toMs: 2,
    count: 1,
    reason: 'outbox_age' as const,
  };
  const [event] = store.commit(() =>
    store.outbox.append([{ type: 'readings.dropped', data: gap }], 1),
  );
  return event?.clock;
}

describe('the clocks of a base', () => {
  it('are the same one until the machine is started anew, whatever is set meanwhile', () => {
    const path = pathOf();
    const first = start(path, 'monday', 1_000);
    const clock = append(first.store);
    first.store.close();
    const again = start(path, 'monday', 86_401_000);
    expect(again.startMs).toBe(1_000);
    expect(append(again.store)).toBe(clock);
    again.store.close();
    const anew = start(path, 'tuesday', 5_000);
    expect(anew.startMs).toBe(5_000);
    expect(append(anew.store)).not.toBe(clock);
  });

  it('are as good as that of the machine where nothing waits that was counted by the last', () => {
    const path = pathOf();
    start(path, 'monday', 1_000).store.close();
    expect(start(path, 'monday', 86_401_000).startMs).toBe(86_401_000);
  });

  it('are one for each process where the runs of the machine have no name', () => {
    const path = pathOf();
    const first = start(path, undefined, 1_000);
    const clock = append(first.store);
    first.store.close();
    const again = start(path, undefined, 2_000);
    expect(again.startMs).toBe(2_000);
    expect(again.store.clocks.current).not.toBe(clock);
  });

  it('keep what they were off by, for what was stored by them', () => {
    const path = pathOf();
    const first = start(path, 'monday', 1_000);
    const clock = append(first.store);
    expect(first.store.clocks.offsetOf(clock ?? -1)).toBeUndefined();
    first.store.commit(() => first.store.clocks.learn(250));
    first.store.commit(() => first.store.clocks.learn(251));
    first.store.close();
    const { store } = start(path, 'tuesday', 1_000);
    expect(store.clocks.offsetOf(clock ?? -1)).toBe(251);
    expect(store.clocks.offsetOf(store.clocks.current)).toBeUndefined();
  });

  it('begin anew when the machine has slept, which its monotonic clock does not count', () => {
    const { store } = start(pathOf(), 'monday', 1_000);
    store.commit(() => store.clocks.learn(0));
    const before = append(store);
    store.commit(() => store.clocks.learn(28_800_000));
    expect(append(store)).not.toBe(before);
    expect(store.clocks.offsetOf(before ?? -1)).toBe(0);
    expect(store.clocks.offsetOf(store.clocks.current)).toBe(28_800_000);
  });

  it('are forgotten with the last event that was counted by them', () => {
    const path = pathOf();
    const first = start(path, 'monday', 1_000);
    const clock = first.store.clocks.current;
    first.store.commit(() => first.store.clocks.learn(7));
    first.store.close();
    const { store } = start(path, 'tuesday', 1_000);
    expect(store.clocks.offsetOf(clock)).toBeUndefined();
  });
});
