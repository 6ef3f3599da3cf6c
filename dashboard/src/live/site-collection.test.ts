import { describe, expect, it } from 'vitest';
import { AppError } from '#protocol/errors.ts';
import type { SiteSnapshot } from '#protocol/http/sites.ts';
import { Epoch, newId, UnitId } from '#protocol/ids.ts';
import { FakeSite } from '../../testing/fake-site.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import type { SiteDelta, SiteResumed } from '#protocol/hub-link/site-channel.ts';
import type { SiteJoined } from '#client/channel-client.ts';
import type { SiteChange } from '#client/site-change.ts';
import { SiteCollection } from './site-collection.ts';

const site = new FakeSite('Home');
const unitId = newId(UnitId);

function snapshotAt(rev: number, epoch = site.epoch): SiteSnapshot {
  return { ...site.snapshot(), cursor: { epoch, rev, readings: 0 } };
}

/** A delta to this revision, that the unit's id shows. */
function change(rev: number, epoch = site.epoch): SiteDelta {
  const atMs = rev;
  const parts: SiteChange[] = [{ name: 'unit.event', body: { unitId, event: 'seen', atMs } }];
  return { place: { epoch, after: rev - 1, rev }, parts };
}

/** The answer to a join. */
function at(rev: number, resumed?: SiteResumed, epoch = site.epoch): SiteJoined {
  return { cursor: { epoch, rev, readings: 0 }, resumed };
}

interface Answer {
  readonly promise: Promise<SiteSnapshot>;
  readonly resolve: (snapshot: SiteSnapshot) => void;
  readonly reject: (error: Error) => void;
}

function newAnswer(): Answer {
  let resolve: Answer['resolve'] = () => undefined;
  let reject: Answer['reject'] = () => undefined;
  const promise = new Promise<SiteSnapshot>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/** A collection whose snapshots arrive when the test says so. */
function arrange() {
  const clock = new ManualClock();
  const requests: Answer[] = [];
  const applied: (number | string)[] = [];
  const gaps = { count: 0 };
  const collection = new SiteCollection({
    clock,
    random: () => 1,
    fetchSnapshot: () => {
      const answer = newAnswer();
      requests.push(answer);
      return answer.promise;
    },
    target: {
      applySnapshot: (snapshot) => applied.push(`snapshot ${snapshot.cursor.rev}`),
      applyChange: ({ name, body }) => {
        if (name === 'unit.event') applied.push(body.atMs);
      },
    },
    onGap: () => {
      gaps.count += 1;
    },
  });
  const answer = async (index: number, snapshot: SiteSnapshot) => {
    requests[index]?.resolve(snapshot);
    await requests[index]?.promise;
  };
  const refuse = async (index: number, error: Error) => {
    requests[index]?.reject(error);
    await requests[index]?.promise.catch(() => undefined);
  };
  return { clock, requests, applied, gaps, collection, answer, refuse };
}

describe('SiteCollection', () => {
  it('applies a snapshot and the deltas that follow it', async () => {
    const { applied, collection, answer } = arrange();
    collection.load();
    await answer(0, snapshotAt(4));
    collection.receive(change(5));
    collection.receive(change(6));
    expect(applied).toEqual(['snapshot 4', 5, 6]);
    expect(collection.status.get().phase).toBe('ready');
  });

  it('holds deltas back while the snapshot is on its way and drops those it contains', async () => {
    const { applied, collection, answer } = arrange();
    collection.load();
    for (const rev of [3, 4, 5, 6]) collection.receive(change(rev));
    expect(applied).toEqual([]);
    await answer(0, snapshotAt(4));
    expect(applied).toEqual(['snapshot 4', 5, 6]);
  });

  it('needs one snapshot where the first one is as new as the channel', async () => {
    const { applied, requests, collection, answer } = arrange();
    collection.load();
    collection.joined(at(4));
    await answer(0, snapshotAt(4));
    collection.receive(change(5));
    expect(applied).toEqual(['snapshot 4', 5]);
    expect(requests).toHaveLength(1);
  });

  it.each([
    ['older', 3, site.epoch],
    ['of another run of the hub', 9, newId(Epoch)],
  ])('fetches again when the first snapshot is %s', async (_, rev, epoch) => {
    for (const order of ['joined first', 'snapshot first']) {
      const { applied, requests, collection, answer } = arrange();
      const join = () => collection.joined(at(4));
      collection.load();
      if (order === 'joined first') join();
      await answer(0, snapshotAt(rev, epoch));
      if (order === 'snapshot first') join();
      collection.receive(change(5));
      expect(requests).toHaveLength(2);
      await answer(1, snapshotAt(4));
      expect(applied).toEqual([`snapshot ${rev}`, 'snapshot 4', 5]);
    }
  });

  it('fetches again after each later join, and when the hub does not say where it is', async () => {
    const { requests, collection, answer } = arrange();
    collection.load();
    await answer(0, snapshotAt(4));
    collection.joined(at(4));
    expect(requests).toHaveLength(1);
    collection.joined(at(4));
    expect(requests).toHaveLength(2);
    const older = arrange();
    older.collection.load();
    older.collection.joined({ cursor: undefined, resumed: undefined });
    expect(older.requests).toHaveLength(2);
  });

  it('ignores a delta that it has already', async () => {
    const { applied, requests, collection, answer } = arrange();
    collection.load();
    await answer(0, snapshotAt(4));
    collection.receive(change(5));
    collection.receive(change(5));
    collection.receive(change(2));
    expect(applied).toEqual(['snapshot 4', 5]);
    expect(requests).toHaveLength(1);
  });

  it('requests what it missed when a delta is missing, and continues from there', async () => {
    const { applied, requests, gaps, collection, answer } = arrange();
    collection.load();
    await answer(0, snapshotAt(4));
    collection.receive(change(6));
    collection.receive(change(7));
    expect([gaps.count, applied]).toEqual([1, ['snapshot 4']]);
    expect(collection.beginResume()).toMatchObject({ rev: 4 });
    collection.joined(at(6, { recovered: true, parts: [...change(5).parts, ...change(6).parts] }));
    expect(applied).toEqual(['snapshot 4', 5, 6, 7]);
    collection.receive(change(8));
    expect(applied.at(-1)).toBe(8);
    expect(requests).toHaveLength(1);
  });

  it.each(['epoch', 'expired', 'too_far'] as const)(
    'fetches the snapshot again where the hub cannot say what was missed: %s',
    async (reason) => {
      const { applied, requests, collection, answer } = arrange();
      collection.load();
      collection.joined(at(4));
      await answer(0, snapshotAt(4));
      expect(collection.beginResume()).toMatchObject({ rev: 4 });
      collection.receive(change(9));
      collection.joined(at(8, { recovered: false, reason }));
      expect(requests).toHaveLength(2);
      await answer(1, snapshotAt(8));
      expect(applied).toEqual(['snapshot 4', 'snapshot 8', 9]);
    },
  );

  it('requests what it missed when the site has a new epoch', async () => {
    const { applied, requests, gaps, collection, answer } = arrange();
    const later = newId(Epoch);
    collection.load();
    collection.joined(at(40));
    await answer(0, snapshotAt(40));
    collection.receive(change(1, later));
    expect(gaps.count).toBe(1);
    collection.joined(at(1, { recovered: false, reason: 'epoch' }, later));
    await answer(1, snapshotAt(1, later));
    collection.receive(change(2, later));
    expect(applied).toEqual(['snapshot 40', 'snapshot 1', 2]);
    expect(requests).toHaveLength(2);
  });

  it('applies what has no place, and says in its next resume how far its readings are', async () => {
    const { applied, collection, answer } = arrange();
    collection.load();
    await answer(0, snapshotAt(4));
    collection.receive({ readings: 7, parts: change(99).parts });
    expect(applied).toEqual(['snapshot 4', 99]);
    expect(collection.beginResume()).toEqual({ epoch: site.epoch, rev: 4, readings: 7 });
  });

  it('forgets held deltas of an epoch that is over', async () => {
    const { applied, collection, answer } = arrange();
    collection.load();
    collection.receive(change(41));
    await answer(0, snapshotAt(0, newId(Epoch)));
    expect(applied).toEqual(['snapshot 0']);
  });

  it('lets the newest fetch win after a reconnect', async () => {
    const { applied, collection, answer } = arrange();
    collection.load();
    collection.load();
    await answer(1, snapshotAt(9));
    await answer(0, snapshotAt(4));
    expect(applied).toEqual(['snapshot 9']);
  });

  it('fetches once more when more deltas came than it can hold', async () => {
    const { requests, collection, answer } = arrange();
    collection.load();
    for (let rev = 1; rev <= 2_001; rev += 1) collection.receive(change(rev));
    await answer(0, snapshotAt(0));
    expect(requests).toHaveLength(2);
  });

  it('says why there is nothing to show, and retries', async () => {
    const { clock, requests, collection, answer, refuse } = arrange();
    collection.load();
    await refuse(0, new AppError('not_ready'));
    expect(collection.status.get()).toEqual({ phase: 'failed', code: 'not_ready' });
    clock.advance(500);
    expect(requests).toHaveLength(2);
    await answer(1, snapshotAt(1));
    expect(collection.status.get().phase).toBe('ready');
  });

  it('keeps showing what it has when a later fetch fails, and says that it is behind', async () => {
    const { clock, collection, answer, refuse } = arrange();
    collection.load();
    await answer(0, snapshotAt(1));
    const loadedAtMs = clock.nowMs();
    collection.load();
    await refuse(1, new AppError('overloaded'));
    expect(collection.status.get()).toEqual({ phase: 'ready', loadedAtMs, code: 'overloaded' });
    clock.advance(500);
    await answer(2, snapshotAt(2));
    expect(collection.status.get()).toEqual({ phase: 'ready', loadedAtMs: clock.nowMs() });
  });

  it('waits as long as the hub requests, plus a random time', async () => {
    const { clock, requests, collection, refuse } = arrange();
    collection.load();
    await refuse(0, new AppError('overloaded', { details: { retryAfterMs: 2_000 } }));
    clock.advance(2_499);
    expect(requests).toHaveLength(1);
    clock.advance(1);
    expect(requests).toHaveLength(2);
  });

  it('leaves no timer behind when it is closed', async () => {
    const { clock, collection, refuse } = arrange();
    collection.load();
    await refuse(0, new AppError('not_ready'));
    collection.close();
    collection.close();
    expect(clock.pendingTimers).toBe(0);
  });
});
