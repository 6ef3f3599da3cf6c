import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { AppError } from '#protocol/errors.ts';
import type { BaseEventBody } from '#protocol/hub-link/base-events.ts';
import { CommandId, newId } from '#protocol/ids.ts';
import type { OutboxEvent } from '../store/outbox/outbox-event.ts';
import { openStore, type Store } from '../store/store.ts';
import { testLog } from '../testing/test-base.ts';
import { SettledDeletion } from './settled-deletion.ts';

let clock: ManualClock;
let store: Store;
let gaps: OutboxEvent[][];
let deletion: SettledDeletion;

beforeEach(() => {
  clock = new ManualClock();
  store = openStore({ path: `${temporaryFolder(atTestEnd)}/base.db` });
  atTestEnd.add(() => store.close());
  gaps = [];
  deletion = new SettledDeletion({
    ...{ clock, store, log: testLog },
    reported: (events) => gaps.push([...events]),
  });
});

function append(): OutboxEvent[] {
  const body: BaseEventBody = {
    type: 'command.finished',
    data: { commandId: newId(CommandId), outcome: 'succeeded', trace: [] },
  };
  return store.commit(() => store.outbox.append([body], 1));
}

function settled(): void {
  store.outbox.settle(append());
}

const hasFailing = (run: () => void) => {
  const commit = vi.spyOn(store, 'commit').mockImplementation(() => {
    throw new AppError('storage_full');
  });
  run();
  commit.mockRestore();
};

describe('the deletion of what the hub has', () => {
  it('has a commit of its own when none came in time', () => {
    settled();
    deletion.soon();
    deletion.soon();
    expect(clock.pendingTimers).toBe(1);
    clock.advance(249);
    expect(store.outbox.hasSettled).toBe(true);
    clock.advance(1);
    expect(store.outbox.hasSettled).toBe(false);
    expect(store.outbox.depth).toEqual({ events: 0, bytes: 0 });
  });

  it('commits nothing where another commit has included it', () => {
    settled();
    deletion.soon();
    append();
    const commit = vi.spyOn(store, 'commit');
    clock.advance(250);
    expect(commit).not.toHaveBeenCalled();
  });

  it('is tried again where the disk is full, and loses nothing meanwhile', () => {
    settled();
    deletion.soon();
    hasFailing(() => clock.advance(250));
    expect(store.outbox.hasSettled).toBe(true);
    clock.advance(4_999);
    expect(store.outbox.hasSettled).toBe(true);
    clock.advance(1);
    expect(store.outbox.hasSettled).toBe(false);
  });

  it('reports gaps that there was no room for before', () => {
    const gap = append();
    settled();
    const report = vi.spyOn(store, 'reportGaps').mockReturnValue(gap);
    deletion.soon();
    clock.advance(250);
    expect(report).toHaveBeenCalledWith(clock.nowMs());
    expect(gaps).toMatchObject([[{ type: 'command.finished' }]]);
  });

  it('is done at once at the end, after which nothing more is planned', () => {
    settled();
    deletion.soon();
    deletion.close();
    expect(store.outbox.hasSettled).toBe(false);
    deletion.soon();
    expect(clock.pendingTimers).toBe(0);
  });

  it('plans nothing after an end at which it failed', () => {
    settled();
    hasFailing(() => deletion.close());
    expect([store.outbox.hasSettled, clock.pendingTimers]).toEqual([true, 0]);
  });
});
