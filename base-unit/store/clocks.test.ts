import { describe, expect, it } from 'vitest';
import { newId, UnitId } from '#protocol/ids.ts';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
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
  it('are the same until the machine reboots, whatever is set meanwhile', () => {
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

  it('start over when the machine has slept, which its monotonic clock does not count', () => {
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

describe('the age of what waits for the hub', () => {
  const DAY_MS = 86_400_000;
  const IN_2026_MS = Date.UTC(2026, 5, 1);
  /** A machine without a battery, whose clock somebody sets later. */
  const UNSET_MS = 0;

  function pressedAt(store: Store, nowMs: number): void {
    const at = { measuredAtMs: nowMs, receivedAtMs: nowMs };
    const data = { unitId: newId(UnitId), bootId: '00000001', seq: 1, event: 'pressed', ...at };
    store.commit(() => store.outbox.append([{ type: 'unit.event', data }], nowMs));
  }
  const droppedAt = (store: Store, nowMs: number) =>
    store.commit(() => store.outbox.enforceBounds(nowMs)).statusEvents;

  it('is not the difference of two wall clocks', () => {
    const path = pathOf();
    const first = start(path, 'monday', UNSET_MS);
    pressedAt(first.store, 60_000);
    first.store.close();
    const { store } = start(path, 'tuesday', IN_2026_MS);
    expect(droppedAt(store, IN_2026_MS + 120_000)).toBe(0);
    expect(store.outbox.depth.events).toBe(1);
  });

  it('is at least that of this run of the machine, in which it was not stored', () => {
    const path = pathOf();
    const first = start(path, 'monday', IN_2026_MS);
    pressedAt(first.store, IN_2026_MS + 60_000);
    first.store.close();
    // Set back, so that by the wall clocks it would be from the future.
    const { store } = start(path, 'tuesday', UNSET_MS);
    expect(droppedAt(store, 29 * DAY_MS)).toBe(0);
    expect(droppedAt(store, 31 * DAY_MS)).toBe(1);
  });

  it('is counted by the clock of the machine within one run of it, whatever the hub says', () => {
    const { store } = start(pathOf(), 'monday', UNSET_MS);
    store.commit(() => store.clocks.learn(0));
    pressedAt(store, 60_000);
    // A hub whose clock is two years ahead for a while.
    store.commit(() => store.clocks.learn(730 * DAY_MS));
    expect(droppedAt(store, 29 * DAY_MS)).toBe(0);
    expect(droppedAt(store, 31 * DAY_MS)).toBe(1);
  });

  it.each([
    ['kept', 20, 0],
    ['given up', 40, 1],
  ])('is counted by the hub over runs of the machine: %s', (_what, days, dropped) => {
    const path = pathOf();
    const first = start(path, 'monday', UNSET_MS);
    first.store.commit(() => first.store.clocks.learn(IN_2026_MS));
    pressedAt(first.store, 60_000);
    first.store.close();
    const { store } = start(path, 'tuesday', UNSET_MS);
    store.commit(() => store.clocks.learn(IN_2026_MS + days * DAY_MS));
    expect(droppedAt(store, 120_000)).toBe(dropped);
  });

  it('is unknown if runs of the machine have no name and no hub was reached', () => {
    const path = pathOf();
    const first = start(path, undefined, UNSET_MS);
    pressedAt(first.store, 60_000);
    first.store.close();
    const { store } = start(path, undefined, IN_2026_MS);
    expect(droppedAt(store, IN_2026_MS + 400 * DAY_MS)).toBe(0);
  });
});
