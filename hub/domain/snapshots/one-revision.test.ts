import { expect, it, onTestFinished } from 'vitest';
import { HUB_ACTOR } from '#protocol/events/actor.ts';
import type { SiteEvent } from '#protocol/events/site-event.ts';
import type { SiteSnapshot } from '#protocol/http/sites.ts';
import type { SiteId } from '#protocol/ids.ts';
import { furnishFolder, ModelHub } from '../../testing/model/model-hub.ts';
import { PASSWORD, temporaryFolder } from '../../testing/test-hub.ts';
import { renewSetupCode } from '../accounts/setup-code.ts';
import type { SessionPrincipal } from '../accounts/principal.ts';

/** So many that they are read in pieces, between which others have their turn. */
const MORE_UNITS = 120;

async function owner({ services }: ModelHub): Promise<SessionPrincipal> {
  const setupCode = await renewSetupCode(services.unitOfWork, { isAlone: true });
  const { view, session } = await services.accounts.signUp(
    { email: 'ada@example.org', name: 'Ada', password: PASSWORD, ...{ setupCode } },
    { address: '192.0.2.1', userAgent: 'test' },
  );
  const userId = view.user?.id;
  if (userId === undefined) throw new Error('nobody');
  return { kind: 'session', userId, sessionId: session.id, reauthenticatedAtMs: 0 };
}

async function allEvents({ services }: ModelHub, siteId: SiteId): Promise<SiteEvent[]> {
  const events: SiteEvent[] = [];
  for (let after: number | null = 0; after !== null;) {
    const page = await services.eventPages.page(siteId, { after, limit: 200 });
    events.push(...page.events);
    after = page.next;
  }
  return events;
}

/** What the events up to a revision make of the names that the test changes. */
function namesAt(events: readonly SiteEvent[], rev: number) {
  const names: { base?: string; places: Record<string, string> } = { places: {} };
  for (const event of events.filter((one) => one.rev <= rev)) {
    if (event.type === 'base.changed') names.base = event.data.changes.name;
    if (event.type === 'unit.changed' && event.data.changes.place !== undefined) {
      names.places[event.data.unitId] = event.data.changes.place;
    }
  }
  return names;
}

it('returns a snapshot whose parts are all of its revision, despite concurrent writes', async () => {
  const { folder, siteId, baseId } = await furnishFolder(temporaryFolder(onTestFinished));
  const hub = await ModelHub.open(folder);
  onTestFinished(() => hub.close());
  const { units, snapshots, baseService } = hub.services;
  const caller = await owner(hub);
  const base = await hub.base(baseId);
  const added = [];
  for (let index = 0; index < MORE_UNITS; index += 1) {
    const address = { host: `198.51.100.${index}`, port: 8888 };
    const endpoint = { kind: 'base', baseId, address, link: 'frames' } as const;
    added.push(await units.add(base, { name: 'Lamp', place: '', endpoint }, HUB_ACTOR));
  }
  const [first, last] = [added[0], added.at(-1)];
  if (!first || !last) throw new Error('units');
  const watched = [await hub.unit(first.id), await hub.unit(last.id)];
  const by = { actor: HUB_ACTOR, account: caller.userId };
  const rename = async (name: string): Promise<void> => {
    for (const unit of watched) await units.change(unit, { place: name }, HUB_ACTOR);
    await baseService.rename(baseId, name, by);
  };
  await rename('n0');
  const writing = { isOver: false };
  const writer = (async () => {
    for (let index = 1; !writing.isOver; index += 1) await rename(`n${index}`);
  })();
  const all: SiteSnapshot[] = [];
  for (let index = 0; index < 40; index += 1) all.push(await snapshots.of(caller, siteId));
  writing.isOver = true;
  await writer;
  const events = await allEvents(hub, siteId);
  const seen = all.map(({ cursor, bases, units: shown }) => {
    const places = shown
      .filter(({ id }) => watched.some((unit) => unit.id === id))
      .map(({ id, place }) => [id, place] as const);
    return { rev: cursor.rev, base: bases[0]?.name, places: Object.fromEntries(places) };
  });
  // Else nothing was written meanwhile, and nothing is shown.
  expect(new Set(seen.map(({ rev }) => rev)).size).toBeGreaterThan(5);
  expect(seen).toEqual(seen.map(({ rev }) => ({ rev, ...namesAt(events, rev) })));
});
