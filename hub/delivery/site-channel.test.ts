import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { until } from '#platform/testing/until.ts';
import type { SiteResumed } from '#protocol/hub-link/site-channel.ts';
import { SiteEvent } from '#protocol/events/site-event.ts';
import { Epoch, newId, SiteId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import { NOTHING_STORED } from '../kernel/outcome.ts';
import { MemoryPublisher } from '../testing/memory-publisher.ts';
import { SiteChannel } from './site-channel.ts';

/** A site whose events are all stored, and what its channel publishes. */
function startChannel() {
  const site = newId(SiteId);
  const epoch = newId(Epoch);
  const stored = { epoch, rev: 0, readings: 0 };
  const resumes: unknown[] = [];
  const answer: { current: SiteResumed; failure?: Error } = {
    current: { recovered: true, parts: [] },
  };
  const event = (rev: number, ofEpoch = epoch): SiteEvent =>
    SiteEvent.parse({
      ...{ site, epoch: ofEpoch, rev, type: 'site.changed', v: 1, at: toInstant(0) },
      actor: { kind: 'hub' },
      data: { name: `name ${rev}` },
    });
  const publisher = new MemoryPublisher();
  const channel = new SiteChannel({
    publisher,
    parts: { of: () => Promise.resolve([]) },
    resume: {
      position: () =>
        answer.failure === undefined
          ? Promise.resolve({ ...stored, floor: 0 })
          : Promise.reject(answer.failure),
      after: (_site, _position, after) => {
        resumes.push(after);
        return Promise.resolve(answer.current);
      },
    },
    log: pino({ level: 'silent' }),
  });
  const commit = (...events: SiteEvent[]): void => channel.committed({ ...NOTHING_STORED, events });
  /** From which revision to which each delta leads. */
  const places = () =>
    publisher.of(site).flatMap(({ place }) => (place ? [[place.after, place.rev]] : []));
  const deltas = () => publisher.of(site);
  return { site, epoch, channel, event, commit, places, stored, resumes, answer, deltas };
}

describe('the channel of a site', () => {
  it('shows what is stored up to a commit that is heard of before those it follows', async () => {
    const { epoch, event, commit, places, stored, resumes, answer, deltas } = startChannel();
    commit(event(1));
    const part = { name: 'base.removed', body: { baseId: 'b' } } as const;
    answer.current = { recovered: true, parts: [part] };
    stored.rev = 4;
    commit(event(3), event(4));
    commit(event(2));
    commit(event(5));
    await until('all is published', () => places().at(-1)?.[1] === 5);
    expect(resumes).toEqual([{ epoch, rev: 1, readings: 0 }]);
    // Not the events alone: a command that ended at another hub is nowhere else.
    expect(deltas()[1]).toMatchObject({ parts: [part] });
    expect(places()).toEqual([
      [0, 1],
      [1, 4],
      [4, 5],
    ]);
  });

  it('reports where something could not be read, so that it is looked for again', async () => {
    const { channel, event, commit, places, stored, answer } = startChannel();
    let failures = 0;
    channel.onFailure(() => (failures += 1));
    commit(event(1));
    answer.failure = new Error('no connection');
    stored.rev = 3;
    commit(event(3));
    await until('it has failed', () => failures === 1);
    expect(places()).toEqual([[0, 1]]);
    delete answer.failure;
    commit(event(4));
    await until('all is published', () => places().length === 3);
    expect(places().at(-1)).toEqual([3, 4]);
  });

  it('goes on with another life of the events', async () => {
    const { event, commit, places, resumes } = startChannel();
    const next = newId(Epoch);
    commit(event(7));
    commit(event(3, next));
    commit(event(4, next));
    await until('all is published', () => places().length === 3);
    expect(places()).toEqual([
      [6, 7],
      [2, 3],
      [3, 4],
    ]);
    expect(resumes).toEqual([]);
  });

  it('publishes what another hub stored unheard, from where its watchers began', async () => {
    const { site, channel, stored, resumes, answer, deltas } = startChannel();
    const began: unknown[] = [];
    channel.onBegin((siteId) => began.push(siteId));
    const place = { epoch: stored.epoch, rev: 3, readings: 5 };
    channel.begin(site, place);
    channel.begin(site, { ...place, rev: 9 });
    expect(began).toEqual([site]);
    Object.assign(stored, { rev: 7, readings: 8 });
    const part = { name: 'base.removed', body: { baseId: 'b' } } as const;
    answer.current = { recovered: true, parts: [part] };
    channel.look(site);
    channel.look(site);
    await until('it is published', () => deltas().length === 1);
    expect(resumes).toEqual([place]);
    const moved = { epoch: stored.epoch, after: 3, rev: 7 };
    expect(deltas()).toEqual([{ place: moved, readings: 8, parts: [part] }]);
    // Nothing is new.
    channel.look(site);
    Object.assign(stored, { rev: 900 });
    answer.current = { recovered: false, reason: 'too_far' };
    channel.look(site);
    await until('the gap is published', () => deltas().length === 2);
    // Its watchers are not there, and resume.
    const gap = { epoch: stored.epoch, after: 900, rev: 900 };
    expect(deltas()[1]).toEqual({ place: gap, readings: 8, parts: [] });
  });
});
