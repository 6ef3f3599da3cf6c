import { expect, it, onTestFinished } from 'vitest';
import { Cell } from '#client/cell.ts';
import { AppError } from '#protocol/errors.ts';
import { SiteEventsQuery } from '#protocol/http/events.ts';
import type { SiteCursor } from '#protocol/site-cursor.ts';
import { Epoch, newId } from '#protocol/ids.ts';
import { FakeSite } from '../../testing/fake-site.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { until } from '#platform/testing/until.ts';
import { ActivityFeed } from './activity-feed.ts';

function arrange({ stored = 0, pageSize = 10, maxEvents = 30, filter = {} } = {}) {
  const site = new FakeSite('Home');
  const clock = new ManualClock();
  const position = new Cell<Pick<SiteCursor, 'epoch' | 'rev'> | undefined>(undefined);
  const rename = (count: number) => {
    for (let index = 0; index < count; index += 1) {
      site.happen({ type: 'site.changed', data: { name: `Home ${site.rev}` } });
    }
  };
  const hear = () => position.set(site.cursor);
  const fault: { error?: AppError; requests: number } = { requests: 0 };
  rename(stored);
  const feed = new ActivityFeed({
    ...{ clock, position, pageSize, maxEvents, filter, random: () => 1 },
    fetchPage: (query) => {
      fault.requests += 1;
      if (fault.error) return Promise.reject(fault.error);
      return Promise.resolve(site.eventsPage(SiteEventsQuery.parse(query)));
    },
  });
  onTestFinished(() => feed.close());
  const revs = () => feed.state.get().events.map(({ rev }) => rev);
  const open = async () => {
    feed.open();
    await until('the feed has loaded', () => feed.state.get().phase !== 'loading');
  };
  return { site, clock, feed, rename, hear, fault, revs, open };
}

const down = (from: number, count: number) => Array.from({ length: count }, (_, at) => from - at);

it('loads the newest page, and older ones on demand, to the end', async () => {
  const { feed, open, revs } = arrange({ stored: 25 });
  await open();
  expect(revs()).toEqual(down(25, 10));
  feed.loadOlder();
  feed.loadOlder();
  await until('20 events are shown', () => revs().length === 20);
  feed.loadOlder();
  await until('no older events are left', () => feed.state.get().older === 'none');
  expect(revs()).toEqual(down(25, 25));
});

it('adds what is new as the channel says so, once a second at most, and nothing twice', async () => {
  const { feed, open, rename, hear, clock, fault, revs } = arrange({ stored: 3 });
  await open();
  for (let count = 0; count < 20; count += 1) {
    rename(1);
    hear();
  }
  expect(fault.requests).toBe(1);
  clock.advance(1_000);
  await until('23 events are shown', () => revs().length === 23);
  expect([revs(), feed.state.get().added]).toEqual([down(23, 23), 20]);
  // Two pages of ten, and the end of the second is the end.
  expect(fault.requests).toBe(3);
});

it('keeps no more than it may, and lets the other end go', async () => {
  const { feed, open, rename, hear, clock, revs } = arrange({ stored: 60 });
  await open();
  rename(25);
  hear();
  clock.advance(1_000);
  await until('30 events are shown', () => revs().length === 30);
  expect(revs()).toEqual(down(85, 30));
  feed.loadOlder();
  await until('event 75 is on top', () => revs()[0] === 75);
  expect(revs()).toEqual(down(75, 30));
  expect(feed.state.get().isAtNewest).toBe(false);
  // Nothing is added at the top of a list that does not begin there.
  rename(1);
  hear();
  clock.advance(5_000);
  expect(revs()[0]).toBe(75);
  feed.load();
  await until('event 86 is on top', () => revs()[0] === 86);
  expect(feed.state.get().isAtNewest).toBe(true);
});

it('keeps searching if few events match, and shows what it finds', async () => {
  const { open, feed, revs } = arrange({ stored: 12, filter: { outcome: 'failed' } });
  await open();
  expect([revs(), feed.state.get().older]).toEqual([[], 'none']);
});

it('says why nothing could be loaded, or no older, or nothing new, and recovers', async () => {
  const { feed, open, rename, hear, clock, fault, revs } = arrange({ stored: 25 });
  fault.error = new AppError('hub_unreachable');
  await open();
  expect(feed.state.get()).toMatchObject({ phase: 'failed', code: 'hub_unreachable' });
  delete fault.error;
  feed.load();
  await until('10 events are shown', () => revs().length === 10);
  fault.error = new AppError('overloaded');
  feed.loadOlder();
  await until('the older page was refused', () => feed.state.get().olderCode === 'overloaded');
  expect(feed.state.get().older).toBe('more');
  rename(1);
  hear();
  clock.advance(1_000);
  await until('the newest page was refused', () => feed.state.get().behind === 'overloaded');
  delete fault.error;
  clock.advance(60_000);
  await until('event 26 is on top', () => revs()[0] === 26);
  expect(feed.state.get().behind).toBeUndefined();
});

it('starts over, and says why, if the events in between are no longer kept', async () => {
  const { site, feed, open, rename, hear, clock, revs } = arrange({ stored: 5 });
  await open();
  rename(20);
  site.floor = 15;
  hear();
  clock.advance(1_000);
  await until('the gap is explained: expired', () => feed.state.get().missed === 'expired');
  expect(revs()).toEqual(down(25, 10));
  site.epoch = newId(Epoch);
  hear();
  clock.advance(1_000);
  await until('the gap is explained: epoch', () => feed.state.get().missed === 'epoch');
});

it('fetches nothing any more once it is closed, and starts again when it is opened', async () => {
  const { feed, open, rename, hear, clock, fault, revs } = arrange({ stored: 3 });
  await open();
  feed.close();
  rename(1);
  hear();
  clock.advance(60_000);
  expect(fault.requests).toBe(1);
  await open();
  await until('4 events are shown', () => revs().length === 4);
});
