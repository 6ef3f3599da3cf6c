import type { Logger } from 'pino';
import type { SiteEvent } from '#protocol/events/site-event.ts';
import type { SiteId, UnitId } from '#protocol/ids.ts';
import type { BaseViews } from '../domain/bases/base-views.ts';
import type { RolloutViews } from '../domain/rollouts/rollout-views.ts';
import type { UnitDirectory } from '../domain/units/unit-directory.ts';
import type { UnitViews } from '../domain/units/unit-views.ts';
import type { LivePart, Outcome, OutcomeFollower } from '../kernel/outcome.ts';
import type { Publisher } from '../kernel/publisher.ts';
import { changedThings } from './changed-things.ts';

export interface SiteChannelDeps {
  readonly directory: UnitDirectory;
  readonly units: UnitViews;
  readonly bases: BaseViews;
  readonly rollouts: RolloutViews;
  readonly publisher: Publisher;
  readonly log: Logger;
}

/** Follows what is stored, and shows it to those who watch the site. */
export class SiteChannel implements OutcomeFollower {
  readonly #deps: SiteChannelDeps;

  constructor(deps: SiteChannelDeps) {
    this.#deps = deps;
  }

  readonly committed = (outcome: Outcome): void => {
    for (const part of outcome.live) this.#publish(part);
    for (const [siteId, events] of bySite(outcome.events)) this.#show(siteId, events);
    const things = changedThings(outcome.events);
    for (const id of outcome.changedValues) {
      if (!things.units.has(id)) this.#later(this.#values(id), { unitId: id });
    }
  };

  #show(siteId: SiteId, events: readonly SiteEvent[]): void {
    const { units, removedUnits, bases, removedBases, rollouts } = changedThings(events);
    const views = this.#deps;
    for (const unitId of removedUnits) {
      this.#publish({ siteId, name: 'unit.removed', body: { unitId } });
    }
    for (const baseId of removedBases) {
      this.#publish({ siteId, name: 'base.removed', body: { baseId } });
    }
    for (const unitId of units) {
      const read = views.units.one(unitId).then((unit) => {
        if (unit) this.#publish({ siteId, name: 'unit.changed', body: { unit } });
      });
      this.#later(read, { unitId });
    }
    for (const baseId of bases) {
      const read = views.bases.one(baseId).then((base) => {
        if (base) this.#publish({ siteId, name: 'base.changed', body: { base } });
      });
      this.#later(read, { baseId });
    }
    for (const rolloutId of rollouts) {
      const read = views.rollouts.one(rolloutId).then((rollout) => {
        if (rollout) this.#publish({ siteId, name: 'rollout.changed', body: { rollout } });
      });
      this.#later(read, { rolloutId });
    }
  }

  async #values(unitId: UnitId): Promise<void> {
    const { directory, units } = this.#deps;
    const unit = await directory.find(unitId);
    if (!unit) return;
    const body = { unitId, ...(await units.valuesOf(unit)) };
    this.#publish({ siteId: unit.siteId, name: 'unit.values', body });
  }

  #publish({ siteId, name, body }: LivePart): void {
    this.#deps.publisher.publish(siteId, name, body);
  }

  #later(read: Promise<void>, of: object): void {
    read.catch((error: unknown) => {
      this.#deps.log.error({ err: error, ...of }, 'change not published');
    });
  }
}

function bySite(events: readonly SiteEvent[]): Map<SiteId, SiteEvent[]> {
  const sites = new Map<SiteId, SiteEvent[]>();
  for (const event of events) {
    const ofSite = sites.get(event.site);
    if (ofSite) ofSite.push(event);
    else sites.set(event.site, [event]);
  }
  return sites;
}
