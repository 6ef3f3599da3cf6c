import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { until } from '#platform/testing/until.ts';
import { TokenCreated } from '#protocol/http/accounts.ts';
import { SiteEventsPage } from '#protocol/http/events.ts';
import { EventReader } from '../../harness/event-reader.ts';
import { ACCOUNT_CASES, type CrashCase, SITE_CASES } from '../crash/crash-cases.ts';
import { CrashFixture } from '../crash/crash-fixture.ts';
import { OpenDashboard } from '../crash/open-dashboard.ts';
import { byStream, consumedEvents, StoredEvents } from '../crash/stored-events.ts';
import { type Scenario, type ScenarioContext, scaled } from '../scenario.ts';

/** In the short run so many types, by chance. */
const SHORT_TYPES = 3;
const CURSOR = 'cursor of test';

/** All followers of the site, from the first event to the last over all crashes. */
interface Followers {
  readonly dashboard: OpenDashboard;
  readonly reader: EventReader;
}

async function follow(
  fixture: CrashFixture,
  cleanup: ScenarioContext['cleanup'],
): Promise<Followers> {
  const body = { name: 'followers', scope: 'read' };
  const { secret } = await fixture.owner.post(TokenCreated, '/api/account/tokens', body);
  const { url, ca } = fixture.hub;
  const of = { ca, token: secret, siteId: fixture.siteId, cleanup };
  const dashboard = new OpenDashboard({ ...of, origin: url });
  await dashboard.open();
  const reader = new EventReader({ ...of, url });
  reader.start();
  return { dashboard, reader };
}

/**
 * Kills the hub at the commit of such an event, and reads what it has stored before it starts
 * again.
 */
async function crash(
  fixture: CrashFixture,
  point: { readonly stores: string; readonly when: 'before' | 'after' },
  request: () => Promise<unknown>,
): Promise<StoredEvents> {
  const { program } = fixture.hub;
  await program.crashAt(point);
  const answer = request().catch(() => undefined);
  await program.ended(30_000);
  await answer;
  const stored = new StoredEvents(fixture.hub.database);
  await program.start();
  return stored;
}

async function crashAt(
  fixture: CrashFixture,
  { type, prepare, isRepeatable, maxEvents = 1 }: CrashCase & { readonly type: string },
  context: ScenarioContext,
): Promise<string[]> {
  const { database } = fixture.hub;
  const request = await prepare(fixture, context.cleanup);
  const before = new StoredEvents(database).countOf(type);
  const stored = (await crash(fixture, { stores: type, when: 'after' }, request)).countOf(type);
  const fresh = stored - before;
  const violations =
    fresh >= 1 && fresh <= maxEvents ? [] : [`${type}: ${fresh} stored, not 1 to ${maxEvents}`];
  if (isRepeatable !== true) return violations;
  await request();
  const repeated = new StoredEvents(database).countOf(type);
  return repeated === stored ? violations : [...violations, `${type}: stored again by a retry`];
}

/** What each follower has, compared with what is on the disk. */
async function verify(fixture: CrashFixture, followers: Followers): Promise<string[]> {
  const { dashboard, reader } = followers;
  await dashboard.live();
  const differences = await dashboard.differences();
  const stored = new StoredEvents(fixture.hub.database);
  const head = stored.headOf(fixture.siteId);
  const consumed = await until('the consumer has all', () => {
    const so = consumedEvents(fixture.consumedFile);
    return (so.sites.get(fixture.siteId)?.length ?? 0) >= head ? so : undefined;
  });
  await until('the reader has all', () => (reader.events.at(-1)?.rev ?? 0) >= head);
  const revs = reader.events.map(({ rev }) => rev);
  const page = await fixture.owner.get(
    SiteEventsPage,
    fixture.path(`/events?limit=200&after=${Math.max(0, head - 200)}`),
  );
  const own = byStream(stored.sites).get(fixture.siteId) ?? [];
  return [
    ...stored.violations(),
    ...consumed.violations,
    ...[...byStream(stored.sites)]
      .filter(([site, events]) => !isDeepStrictEqual(consumed.sites.get(site), events))
      .map(([site]) => `the consumer was not given what is stored of ${site}`),
    ...differences.map((text) => `on the dashboard: ${text}`),
    ...(dashboard.snapshots === 1 ? [] : ['the dashboard could not resume']),
    ...(revs.every((rev, index) => rev === index + 1) ? [] : [`the reader has ${revs.join(' ')}`]),
    ...(reader.openings.includes('not-recovered') ? ['the reader could not resume'] : []),
    ...(page.recovered && isDeepStrictEqual(page.events.map(typed), own.slice(-200).map(typed))
      ? []
      : ['the pages are not what is stored']),
  ];
}

function typed({ rev, type }: { readonly rev: number; readonly type: string }): object {
  return { rev, type };
}

export const crashAfterCommit: Scenario = {
  name: 'crash-after-commit',
  description: 'kill -9 of the hub between commit and publication, at each type of event',
  longLimitMs: 400_000,
  play: async (context) => {
    const { random, isLong, scale, say, cleanup } = context;
    const fixture = await CrashFixture.start('crash-after-commit', cleanup);
    const followers = await follow(fixture, cleanup);
    const cases = random.shuffled(
      Object.entries({ ...SITE_CASES, ...ACCOUNT_CASES }).map(([type, one]) => ({ type, ...one })),
    );
    const played = cases.slice(0, isLong ? scaled(cases.length, scale) : SHORT_TYPES);
    const violations: string[] = [];
    for (const one of played) {
      say(one.type);
      violations.push(...(await crashAt(fixture, one, context)));
      if (isLong) violations.push(...(await verify(fixture, followers)));
    }
    // A consumer gets again what it has handled but not recorded yet.
    await sleep(random.int(0, 50));
    const repeats = consumedEvents(fixture.consumedFile).repeats;
    await crash(fixture, { stores: CURSOR, when: 'before' }, () => fixture.claimCode());
    violations.push(...(await verify(fixture, followers)));
    const after = consumedEvents(fixture.consumedFile).repeats;
    if (after === repeats) violations.push('nothing came again to a consumer that was cut off');
    return {
      notes: [
        `${played.length} kills between commit and publication, one before a cursor was stored`,
        `${after} events came again to a consumer, none was missed`,
        `a dashboard and a reader of server-sent events resumed ${followers.reader.openings.length - 1} times`,
      ],
      violations: [...new Set(violations)],
    };
  },
};
