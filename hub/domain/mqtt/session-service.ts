import { type SessionName, type Will } from '../../kernel/mqtt-message.ts';
import { AppError } from '#protocol/errors.ts';
import type { HubId, SiteId } from '#protocol/ids.ts';
import type { Clock } from '#platform/clock.ts';
import type { Sweeper } from '../../kernel/sweeper.ts';
import type { TopicGrant } from '../../kernel/topic-rights.ts';
import { claimMessages } from '../../store/mqtt-messages.ts';
import {
  claimSession,
  clearSession,
  countSessions,
  insertSession,
  leaveSession,
  removeSession,
  resumeSession,
  type SessionPlace,
  sitesOfSession,
} from '../../store/mqtt-sessions.ts';
import { markMayBeSent, queueOf, type QueuedMessage, receivedOf } from '../../store/mqtt-queues.ts';
import { type SubscriptionRecord, subscriptionsOf } from '../../store/mqtt-subscriptions.ts';
import type { Db } from '../../store/schema.ts';
import type { UnitOfWork, Work } from '../../store/unit-of-work.ts';
import type { Principal } from '../accounts/principal.ts';
import type { DeliverySink } from './delivery.ts';
import { DeliveryQueue } from './delivery-queue.ts';
import { LiveSession, type SessionEnd } from './live-session.ts';
import type { LiveSessions } from './live-sessions.ts';
import { mayDeliver } from './may-deliver.ts';
import type { MessageFollower } from './message-follower.ts';
import { MQTT_LIMITS } from './mqtt-limits.ts';
import type { OtherHubs } from './other-hubs.ts';
import type { SettledRows } from './settled-rows.ts';
import type { WillService } from './will-service.ts';

export interface SessionServiceDeps {
  readonly hubId: HubId;
  readonly unitOfWork: Pick<UnitOfWork, 'run'>;
  readonly live: LiveSessions;
  readonly wills: WillService;
  readonly settledRows: SettledRows;
  readonly sweeper: Pick<Sweeper, 'expect'>;
  readonly clock: Clock;
  readonly dropped: (count: number) => void;
  readonly db: Db;
  readonly others: OtherHubs;
  readonly follower: Pick<MessageFollower, 'hold'>;
}

/** What a client wants with its CONNECT. */
export interface SessionRequest {
  readonly name: SessionName;
  readonly principal: Principal;
  readonly grant: TopicGrant;
  readonly isCleanStart: boolean;
  readonly expiryMs: number;
  readonly will: Will | null;
  readonly willDelayMs: number;
  /** Unacknowledged messages at a time. */
  readonly window: number;
  readonly sink: DeliverySink;
  readonly end: (why: SessionEnd) => void;
}

export interface StartedSession {
  readonly session: LiveSession;
  /** It goes on where an earlier connection ended. */
  readonly isPresent: boolean;
}

/** How a connection ended. */
export interface ConnectionEnd {
  readonly expiryMs: number;
  /** How long a will waits at least: the client comes back from what the hub has done. */
  readonly graceMs: number;
  /** Null: it left with a DISCONNECT, and its will is void. */
  readonly willDelayMs: number | null;
}

interface Loaded {
  readonly place: SessionPlace;
  readonly isPresent: boolean;
  readonly subscriptions: readonly SubscriptionRecord[];
  readonly queue: readonly QueuedMessage[];
  readonly received: readonly number[];
}

/** Begins and ends the connections of sessions, which are rows: at whichever hub. */
export class SessionService {
  readonly #deps: SessionServiceDeps;

  constructor(deps: SessionServiceDeps) {
    this.#deps = deps;
  }

  /** @throws AppError `rate_limited` when the identity has as many sessions as there may be. */
  async start(request: SessionRequest): Promise<StartedSession> {
    const { unitOfWork, settledRows, live, follower } = this.#deps;
    const { name } = request;
    // What an earlier connection has acknowledged is not sent again.
    await settledRows.flush();
    const loaded = await unitOfWork.run((work) => this.#startIn(work, request), name.identity);
    const session = this.#live(request, loaded);
    const release = await follower.hold([...session.sites]);
    const older = live.add(session);
    release();
    if (older) older.end('taken_over');
    try {
      await this.#fill(session, loaded);
    } catch (error) {
      live.remove(session);
      throw error;
    }
    return { session, isPresent: loaded.isPresent };
  }

  /** The connection has ended; does nothing if a newer one replaced it. */
  async end(session: LiveSession, how: ConnectionEnd): Promise<void> {
    const { unitOfWork, live, clock, sweeper, wills, settledRows } = this.#deps;
    live.remove(session);
    await settledRows.flush();
    const nowMs = clock.nowMs();
    const { expiryMs, willDelayMs, graceMs } = how;
    const dueMs = willDelayMs === null ? null : Math.max(Math.min(willDelayMs, expiryMs), graceMs);
    await unitOfWork.run(async (work) => {
      await this.#lockSites(work, session.key);
      const end = {
        expiryMs,
        expiresAtMs: nowMs + Math.max(expiryMs, dueMs ?? 0),
        willAtMs: dueMs === null ? null : nowMs + dueMs,
      };
      if (!(await leaveSession(work.tx, session.place, end))) return;
      wakeDevice(work, session.principal);
      const isOver = expiryMs === 0 && dueMs === null;
      if (isOver) await removeSession(work.tx, session.key);
      else work.wake(() => sweeper.expect(nowMs + (dueMs ?? expiryMs)));
    }, session.name.identity);
    // At once, and not when the sweeper comes to it.
    if (dueMs === 0) await wills.publishDue();
  }

  /**
   * Adds what waited, and what was stored since that was read; later messages are delivered live.
   */
  async #fill(session: LiveSession, { queue, isPresent }: Loaded): Promise<void> {
    const seen = new Set(queue.map(({ site, seq }) => `${site} ${seq}`));
    const later = isPresent ? await queueOf(this.#deps.db, session.key) : [];
    const unsent = later
      .filter(({ site, seq }) => !seen.has(`${site} ${seq}`))
      .map((one) => ({ ...one, mayBeSent: false }));
    const all = [...queue, ...unsent].map((one) => {
      const { sessionKey, site, seq } = one;
      return { ...one, row: { sessionKey, site, seq } };
    });
    session.queue.fill(all.filter(({ qos }) => qos > 0));
    // It was for the connection that is gone.
    for (const { qos, row } of all) if (qos === 0) this.#deps.settledRows.settled(row);
  }

  async #startIn(work: Work, request: SessionRequest): Promise<Loaded> {
    const { tx } = work;
    const { hubId, wills, clock } = this.#deps;
    const { name, isCleanStart, expiryMs, will, willDelayMs } = request;
    const start = { hubId, expiryMs, will, willDelayMs };
    const known = await claimSession(tx, name);
    if (!known) {
      const count = await countSessions(tx, name.identity);
      if (count >= MQTT_LIMITS.sessionsPerIdentity) throw new AppError('rate_limited');
      return { ...NEW, place: await insertSession(tx, name, start) };
    }
    const isOver = known.expiryMs === 0 || (known.expiresAtMs ?? Infinity) <= clock.nowMs();
    const isPresent = !isCleanStart && !isOver;
    // The will of the connection that this one replaces, or of one that ended earlier.
    const isDue = !isPresent || (known.hubId !== null && known.willDelayMs === 0);
    if (known.will && isDue) await wills.publishIn(work, known.will);
    if (!isPresent) {
      await clearSession(tx, known.key);
      const place = await resumeSession(tx, known.key, start);
      this.#announceTakeover(known.hubId, place, work);
      return { ...NEW, place };
    }
    const place = await resumeSession(tx, known.key, start);
    this.#announceTakeover(known.hubId, place, work);
    const subscriptions = await subscriptionsOf(tx, known.key);
    const queue = await queueOf(tx, known.key);
    const received = await receivedOf(tx, known.key);
    await markMayBeSent(tx, known.key);
    return { place, isPresent, subscriptions, queue, received };
  }

  /** The hub that has its connection ends it. */
  #announceTakeover(hubId: HubId | null, place: SessionPlace, work: Work): void {
    if (hubId === null || hubId === this.#deps.hubId) return;
    work.wake(() => this.#deps.others.publish({ kind: 'session_taken', ...place }));
  }

  #live(request: SessionRequest, loaded: Loaded): LiveSession {
    const { settledRows, clock, dropped } = this.#deps;
    const session: LiveSession = new LiveSession({
      ...{ place: loaded.place, name: request.name },
      ...{ principal: request.principal, grant: request.grant },
      isPersistent: request.expiryMs > 0,
      subscriptions: loaded.subscriptions,
      received: loaded.received,
      end: request.end,
      queue: new DeliveryQueue({
        sink: request.sink,
        window: request.window,
        mayDeliver: (delivery) => mayDeliver(session.grant, delivery, clock.nowMs()),
        settled: settledRows.settled,
        dropped,
      }),
    });
    // Nothing leaves before CONNACK.
    session.queue.pause();
    return session;
  }

  /** Sites before sessions, as whoever publishes does, so that neither waits for the other. */
  async #lockSites({ tx }: Work, key: number): Promise<void> {
    const sites: readonly SiteId[] = await sitesOfSession(tx, key);
    for (const site of sites) await claimMessages(tx, site, 0);
  }
}

/** A device's presence changes with this transaction. */
function wakeDevice(work: Work, principal: Principal): void {
  if (principal.kind === 'device') work.wakeDevice(principal.deviceId);
}

const NEW = { isPresent: false, subscriptions: [], queue: [], received: [] } as const;
