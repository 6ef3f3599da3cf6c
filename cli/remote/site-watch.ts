import { ChannelClient, type LinkState, type SiteJoined } from '#client/channel-client.ts';
import type { Clock } from '#client/clock.ts';
import { fullJitter } from '#client/full-jitter.ts';
import { asAppError } from '#client/http-client.ts';
import { isPassing, retryAfterMsOf } from '#client/retry-after.ts';
import type { SiteApi } from '#client/site-api.ts';
import type { AppError } from '#protocol/errors.ts';
import type { SiteEvent } from '#protocol/events/site-event.ts';
import type { SiteSnapshot } from '#protocol/http/sites.ts';
import { channelName } from '#protocol/hub-link/channels.ts';
import type { SiteDelta } from '#protocol/hub-link/site-channel.ts';
import type { ResumeFailure, SiteCursor } from '#protocol/site-cursor.ts';
import type { UnitId } from '#protocol/ids.ts';
import type { HubConnection } from './hub-connection.ts';
import { type WatchedChange, WatchedSite } from './watched-site.ts';

/** Where in the site's events a change stands; `at` is when a stored event happened. */
export interface ChangePlace {
  readonly cursor: Pick<SiteCursor, 'epoch' | 'rev'>;
  readonly at?: string | undefined;
}

/** Why what happened after `after` is not reported: it goes on from `next`. */
export interface MissedEvents {
  readonly reason: ResumeFailure;
  readonly after: number;
  readonly next: number;
}

export interface SiteWatchDeps {
  readonly api: Pick<SiteApi, 'snapshot' | 'events' | 'authorize'>;
  readonly openSocket: HubConnection['openSocket'];
  readonly clock: Clock;
  readonly snapshot: SiteSnapshot;
  /** Of this unit alone. */
  readonly only: UnitId | undefined;
  /** Reports what happened after this first. */
  readonly after: Pick<SiteCursor, 'epoch' | 'rev'> | undefined;
  readonly changed: (change: WatchedChange, place: ChangePlace) => void;
  readonly missed: (missed: MissedEvents) => void;
  readonly linkChanged: (state: LinkState) => void;
  readonly failed: (error: AppError) => void;
}

/** Deltas that wait until what was missed is reported; beyond that they count as missed as well. */
const MAX_HELD = 1_000;
const EVENTS_PER_PAGE = 200;

/**
 * Follows a site over its channel. After a cut it goes on behind the last
 * revision it reported: by the stored events, each by itself and in order, and
 * then by how things stand, for what no event says (what sensors measure).
 */
export class SiteWatch {
  readonly #deps: SiteWatchDeps;
  readonly #channel: ChannelClient;
  readonly #state: WatchedSite;
  /** All up to here is reported. */
  #cursor: SiteCursor;
  /** What came while it was not yet known what was missed. */
  #held: SiteDelta[] | undefined = [];
  #isOverfull = false;
  #joins = 0;
  #attempts = 0;
  #cancelRetry: (() => void) | undefined;

  constructor(deps: SiteWatchDeps) {
    this.#deps = deps;
    const { snapshot, after, only, api, openSocket, clock } = deps;
    this.#state = new WatchedSite(only);
    this.#state.apply(snapshot);
    this.#cursor = { ...snapshot.cursor, ...after };
    this.#channel = new ChannelClient({
      channel: channelName({ kind: 'site', siteId: snapshot.site.id }),
      openSocket,
      authorize: api.authorize,
      beginResume: () => {
        this.#held ??= [];
        return this.#cursor;
      },
      onJoined: (joined) => void this.#joined(joined),
      onDelta: (delta) => this.#receive(delta),
      onUnreadable: () => this.#channel.resume(),
      clock,
    });
    this.#channel.status.subscribe(() => deps.linkChanged(this.#channel.status.get()));
  }

  start(): void {
    this.#channel.start();
  }

  close(): void {
    this.#joins += 1;
    this.#cancelRetry?.();
    this.#channel.close();
  }

  async #joined({ cursor, resumed }: SiteJoined): Promise<void> {
    this.#joins += 1;
    this.#cancelRetry?.();
    const join = this.#joins;
    const isCurrent = () => join === this.#joins;
    const { api, snapshot } = this.#deps;
    try {
      await this.#reportEvents(isCurrent);
      const fresh = resumed?.recovered === true ? undefined : await api.snapshot(snapshot.site.id);
      if (!isCurrent()) return;
      const parts = resumed?.recovered === true ? resumed.parts : [];
      const news = fresh
        ? this.#state.apply(fresh)
        : parts.flatMap((part) => this.#state.resumed(part));
      for (const change of news) this.#report(change);
      // Its revision is that of the events that were reported: what came since is in what is held.
      const { epoch, readings } = fresh?.cursor ?? cursor ?? this.#cursor;
      if (epoch === this.#cursor.epoch) this.#cursor = { ...this.#cursor, readings };
      this.#attempts = 0;
      this.#goOn();
    } catch (error) {
      if (isCurrent()) this.#retry(asAppError(error));
    }
  }

  /** Every stored event behind the last one that was reported, page by page. */
  async #reportEvents(isCurrent: () => boolean): Promise<void> {
    const { api, snapshot, only, missed } = this.#deps;
    for (;;) {
      const { epoch, rev: after } = this.#cursor;
      const unit = only === undefined ? {} : { unit: only };
      const query = { after, epoch, limit: EVENTS_PER_PAGE, ...unit };
      const page = await api.events(snapshot.site.id, query);
      if (!isCurrent()) return;
      const next = page.next ?? page.rev;
      if (!page.recovered) missed({ reason: page.reason ?? 'expired', after, next });
      for (const event of page.events) this.#reportEvent(event);
      this.#cursor = { ...this.#cursor, epoch: page.epoch, rev: next };
      if (page.recovered && page.next === null) return;
    }
  }

  #reportEvent(event: SiteEvent): void {
    const place = { cursor: { epoch: event.epoch, rev: event.rev }, at: event.at };
    for (const change of this.#state.happened(event)) this.#deps.changed(change, place);
  }

  #receive(delta: SiteDelta): void {
    if (this.#held) {
      if (this.#held.length < MAX_HELD) this.#held.push(delta);
      else this.#isOverfull = true;
      return;
    }
    const { place, readings, parts } = delta;
    if (place) {
      const isOther = place.epoch !== this.#cursor.epoch;
      if (!isOther && place.rev <= this.#cursor.rev) {
        // Its events were reported.
        for (const part of parts)
          for (const change of this.#state.resumed(part)) this.#report(change);
        return;
      }
      if (isOther || place.after > this.#cursor.rev) {
        this.#held = [delta];
        this.#channel.resume();
        return;
      }
      this.#cursor = { ...this.#cursor, rev: place.rev };
    }
    if (readings !== undefined) {
      this.#cursor = { ...this.#cursor, readings: Math.max(readings, this.#cursor.readings) };
    }
    for (const part of parts) for (const change of this.#state.change(part)) this.#report(change);
  }

  #goOn(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    if (this.#isOverfull) {
      this.#isOverfull = false;
      this.#channel.resume();
      return;
    }
    for (const delta of held) this.#receive(delta);
  }

  #report(change: WatchedChange): void {
    const { epoch, rev } = this.#cursor;
    this.#deps.changed(change, { cursor: { epoch, rev } });
  }

  /** The link is there, and the hub did not answer what was missed: it is asked again. */
  #retry(error: AppError): void {
    if (!isPassing(error.code)) {
      this.#deps.failed(error);
      return;
    }
    const delayMs = retryAfterMsOf(error) + fullJitter(this.#attempts);
    this.#attempts += 1;
    this.#cancelRetry = this.#deps.clock.after(delayMs, () => this.#channel.resume());
  }
}
