import type { Logger } from 'pino';
import type { SiteEvent } from '#protocol/events/site-event.ts';
import type { CommandId, SiteId } from '#protocol/ids.ts';
import type { LiveProgress } from '../domain/commands/live-progress.ts';
import type { Revocations } from '../domain/accounts/revocations.ts';
import type { BaseLinks } from '../domain/bases/base-links.ts';
import type { UnitCache } from '../domain/units/unit-cache.ts';
import type { CommandWaiters } from '../kernel/command-waiters.ts';
import { NOTHING_STORED, type Outcome } from '../kernel/outcome.ts';
import type { Db } from '../store/schema.ts';
import { siteEventsAfter } from '../store/site-events.ts';
import type { BaseRequests } from './base-requests.ts';
import type { BrokerLink } from './broker-link.ts';
import type { BusListener } from './bus.ts';
import type { Hint, SiteHint } from './hint.ts';
import type { WatchedSites } from './watched-sites.ts';

export interface RemoteChangesDeps {
  readonly db: Db;
  /** Hands on to all who follow what is stored here. */
  readonly publish: (outcome: Outcome) => void;
  /** Somebody here follows the events of this site, or watches it. */
  readonly isFollowed: (site: SiteId) => boolean;
  readonly directory: Pick<UnitCache, 'forgetSite'>;
  readonly links: Pick<BaseLinks, 'grew' | 'superseded'>;
  readonly requests: Pick<BaseRequests, 'requested' | 'replied'>;
  readonly live: Pick<LiveProgress, 'ended' | 'heard'>;
  readonly waiters: Pick<CommandWaiters, 'ended'>;
  readonly revocations: Pick<Revocations, 'announce'>;
  readonly watched: Pick<WatchedSites, 'heard'>;
  readonly broker: Pick<BrokerLink, 'heard'>;
  /** Looks at everything, since some hint was lost. */
  readonly missed: () => void;
  /** Shows who watches this site what is stored, since parts of a commit were not sent. */
  readonly look: (site: SiteId) => void;
  readonly log: Logger;
}

/** Events that are read for one hint: who misses more resumes. */
const MAX_EVENTS = 200;
/** Hints that wait for a read. Of more, all are given up, and everything is looked at. */
const MAX_WAITING = 2_000;

/** What other hubs stored, made known to those who follow here. */
export class RemoteChanges implements BusListener {
  readonly #deps: RemoteChangesDeps;
  #waiting: SiteHint[] = [];
  #reading: Promise<void> | undefined;
  #isClosed = false;

  constructor(deps: RemoteChangesDeps) {
    this.#deps = deps;
  }

  readonly missed = (): void => this.#deps.missed();

  readonly heard = (hints: readonly Hint[]): void => {
    for (const hint of hints) this.#heard(hint);
  };

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#reading;
  }

  #heard(hint: Hint): void {
    const { links, requests, revocations, watched } = this.#deps;
    switch (hint.kind) {
      case 'site':
        this.#site(hint);
        break;
      case 'watched':
        watched.heard(hint.site);
        break;
      case 'log':
        links.grew(hint.base, hint.seq);
        break;
      case 'request':
        requests.requested(hint);
        break;
      case 'reply':
        requests.replied(hint);
        break;
      case 'superseded':
        links.superseded(hint.base, hint.connection);
        break;
      case 'dirty':
        this.#deps.publish({ ...NOTHING_STORED, dirty: new Set([hint.consumer]) });
        break;
      case 'device':
        this.#deps.publish({ ...NOTHING_STORED, devices: new Set([hint.device]) });
        break;
      case 'ended':
        this.#ended(hint.command);
        break;
      case 'mqtt_stored':
      case 'mqtt_passing':
      case 'mqtt_subscribed':
      case 'mqtt_session_taken':
        this.#deps.broker.heard(hint);
        break;
      case 'revoked':
        revocations.announce(hint.revocation, 'another hub');
        break;
      default:
        hint satisfies never;
    }
  }

  #ended(command: CommandId): void {
    this.#deps.live.ended(command);
    this.#deps.waiters.ended(command);
  }

  #site(hint: SiteHint): void {
    const { directory, isFollowed, missed } = this.#deps;
    if (hint.unitsChanged) directory.forgetSite(hint.site);
    for (const part of hint.parts ?? []) {
      if (part.name === 'command.progress') this.#deps.live.heard(part.body);
    }
    if (this.#isClosed || !isFollowed(hint.site)) return;
    if (this.#waiting.length >= MAX_WAITING) {
      this.#waiting = [];
      missed();
      return;
    }
    this.#waiting.push(hint);
    this.#reading ??= this.#drain().finally(() => {
      this.#reading = undefined;
    });
  }

  async #drain(): Promise<void> {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      try {
        this.#publish(next, await this.#events(next));
      } catch (error) {
        this.#deps.log.warn({ err: error, siteId: next.site }, 'change of another hub not read');
        this.#deps.missed();
      }
    }
  }

  async #events({ site, events }: SiteHint): Promise<readonly SiteEvent[]> {
    if (!events) return [];
    const after = Math.max(events.from - 1, events.rev - MAX_EVENTS);
    const range = { after, upTo: events.rev, limit: MAX_EVENTS };
    return (await siteEventsAfter(this.#deps.db, { site, epoch: events.epoch }, range)).events;
  }

  #publish(hint: SiteHint, events: readonly SiteEvent[]): void {
    const { site, parts, values, readings } = hint;
    // Before the others have the events: they go on after what is shown then.
    if (hint.isIncomplete) this.#deps.look(site);
    this.#deps.publish({
      ...NOTHING_STORED,
      events,
      live: (parts ?? []).map((part) => ({ siteId: site, part })),
      changedValues: new Map((values ?? []).map((unitId) => [unitId, site])),
      readings: readings === undefined ? new Map() : new Map([[site, readings]]),
    });
  }
}
