import type { UnitIdentity } from '../drivers/port/unit-identity.ts';
import type {
  UnitSession,
  LinkEnd,
  SessionListener,
  UnitDriver,
} from '../drivers/port/unit-driver.ts';
import type { Logger } from 'pino';
import { AppError, type ErrorCode } from '#protocol/errors.ts';
import type { UnitAddress } from '#protocol/unit-address.ts';
import { Backoff } from '#platform/backoff.ts';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import type { StoredUnit } from '../store/unit-list.ts';
import { describedOf } from '../drivers/port/unit-identity.ts';
import type { Semaphore } from '#platform/sharing/semaphore.ts';
import { IdleTimer } from './idle-timer.ts';
import { QueuedPermit } from '#platform/sharing/queued-permit.ts';
import { LOG_EVENT } from '#platform/logging/log-events.ts';
import { PresenceTracker } from './presence-tracker.ts';
import type { PresenceNow, UnitEvents } from '../drivers/port/unit-events.ts';
import { type DriverDeps, driverOf } from '../drivers/driver-of.ts';
import { AddressCandidates } from './address-candidates.ts';
import { SessionReports } from './session-reports.ts';

export interface UnitConnectorDeps extends DriverDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly events: UnitEvents;
  /** Until no other session exists: a unit serves one. */
  readonly whenFree: (address: UnitAddress) => Promise<void>;
  /** Other candidate addresses of a unit; its key proves whether it is there. */
  readonly discovered?: (unit: StoredUnit) => readonly UnitAddress[];
  /** The unit was not behind this host: where a name has several addresses, the next one is due. */
  readonly rejected?: (host: string) => void;
  /**
   * Whether another unit of this base is known to have this hardware id, legitimately;
   * `conflict`: it claims so, but this one has authenticated with its own key.
   */
  readonly elsewhere: (hardwareId: string) => 'no' | 'yes' | 'conflict';
}

/** Who uses the connection. */
export interface ConnectorOwner {
  /** A command waits: skip the queue for a permit. */
  readonly isWaiting: () => boolean;
  readonly ready: () => void;
  readonly failed: (code: ErrorCode) => void;
}

/**
 * Between dials. A unit buffers its newest samples while the base is away: 25 s
 * at five samples per second, so a dial every few seconds loses none. A unit that
 * has been away for minutes is dialled less often, because each dial to an
 * unreachable address holds a permit that others wait for.
 */
const UNIT_RETRY = {
  firstMs: 500,
  maxMs: 8_000,
  later: { afterTries: 20, maxMs: 30_000 },
} as const;
/** An idle on-demand unit is probed this often ... */
const PROBE_EVERY_MS = 60_000;
/** ... and kept connected this long, for its first reports. */
const KEEP_PROBED_MS = 1_000;
/** A wrong unit or an unsupported version needs a person; frequent dials would only disturb it. */
const HOPELESS_RETRY_MS = 60_000;
/** After a connection that lasted this long, the backoff starts over. */
const STABLE_AFTER_MS = 10_000;

/** Opens the sessions with one unit, one at a time: decides when to dial, and tracks presence. */
export class UnitConnector {
  readonly #deps: UnitConnectorDeps;
  readonly #owner: ConnectorOwner;
  readonly #backoff: Backoff;
  readonly #presence: PresenceTracker;
  readonly #reports: SessionReports;
  readonly #driver: UnitDriver;
  readonly #addresses: AddressCandidates;
  readonly #line = new QueuedPermit();
  readonly #idleTimer: IdleTimer;
  /** Ends the connection that is being made. */
  #abandon = new AbortController();
  #isStopped = false;
  #stored: StoredUnit;
  #session: UnitSession | undefined;
  #connectedAtMs = 0;
  #connecting: Promise<void> | undefined;
  /** How a link ended that was not ours yet. */
  #earlyEnd: LinkEnd | undefined;
  /** Counts the addresses this unit had; a connection to an older one is of no use. */
  #generation = 0;
  #cancelDial: CancelTimer | undefined;
  #stopSubscriptions: (() => void) | undefined;

  /** @param deps.log the unit's own. */
  constructor(stored: StoredUnit, deps: UnitConnectorDeps, owner: ConnectorOwner) {
    this.#stored = stored;
    this.#deps = deps;
    this.#owner = owner;
    this.#backoff = new Backoff({ ...UNIT_RETRY, random: deps.random });
    this.#presence = new PresenceTracker(deps.clock.nowMs(), (presence) => {
      const { state, code } = presence;
      deps.log.info({ event: LOG_EVENT.unitPresence, state, code }, 'unit presence');
      deps.events.presence(stored.unitId, presence);
    });
    this.#reports = new SessionReports({
      ...deps,
      unitId: stored.unitId,
      presence: this.#presence,
    });
    this.#driver = driverOf(stored, deps);
    this.#addresses = new AddressCandidates(deps.discovered);
    this.#idleTimer = new IdleTimer(deps.clock, () => this.#session?.goodbye());
  }

  get stored(): StoredUnit {
    return this.#stored;
  }

  get presence(): PresenceNow {
    return this.#presence.now;
  }

  get session(): UnitSession | undefined {
    return this.#session;
  }

  get isConnecting(): boolean {
    return this.#connecting !== undefined;
  }

  /** Whether the unit stores nothing of what it measures while nobody is connected. */
  get losesReadings(): boolean {
    return this.#driver.losesReadings;
  }

  /** Whether the next dial is scheduled. */
  get isDue(): boolean {
    return this.#cancelDial !== undefined;
  }

  start(delayMs: number): void {
    this.#dialAfter(delayMs);
  }

  republishPresence(): void {
    this.#presence.republish();
  }

  describeAgain(): void {
    const described = this.#session ?? this.#driver.staticDescription;
    if (described && !described.identity.safeMode) this.#publishDescribed(described);
  }

  /** A command waits: cancel the backoff and the queue for a permit. */
  skipWait(): void {
    this.#line.skip();
    if (!this.#session) this.#stopDialTimer();
  }

  /** One connection at most: this is the only place that makes one. */
  connect(): void {
    if (this.#isStopped || this.#connecting || this.#session) return;
    this.#abandon = new AbortController();
    this.#connecting = this.#dial(this.#generation).catch((error: unknown) => {
      this.#deps.log.error({ err: error }, 'connecting to unit failed');
      this.#connecting = undefined;
      this.#session?.refuse('internal');
      this.#dialAfter(this.#backoff.next());
    });
  }

  /** New information about this unit from the hub or the configuration. */
  update(stored: StoredUnit): void {
    const { address } = this.#stored;
    const isMoved = address.host !== stored.address.host || address.port !== stored.address.port;
    this.#stored = stored;
    const hardwareId = this.#session?.identity.hardwareId;
    const isWrong =
      stored.hardwareId !== null && (hardwareId ?? stored.hardwareId) !== stored.hardwareId;
    if (isMoved) {
      this.#generation += 1;
      this.#abandon.abort();
      this.#line.skip();
      this.#session?.goodbye();
      this.#backoff.reset();
      this.#dialAfter(0);
    } else if (isWrong) {
      this.#session?.refuse('unit_wrong');
    }
  }

  /** The connection is in use. */
  stopIdleTimer(): void {
    this.#idleTimer.stop();
  }

  /** Keeps the connection for at least this long. */
  keepAtLeast(ms: number): void {
    this.#idleTimer.keepAtLeast(ms);
  }

  /** On-demand units are disconnected when there is nothing more to do. */
  startIdleTimer(): void {
    if (this.#session?.model.thing['sb:session'] === 'on-demand') this.#idleTimer.start();
  }

  /** Makes no more connections; the current one stays until {@link close}. */
  stop(): void {
    this.#isStopped = true;
    this.#abandon.abort();
    this.#stopDialTimer();
    this.#line.skip();
  }

  close(): void {
    this.stop();
    this.#stopLinkTimers();
    this.#session?.goodbye();
    this.#driver.close();
  }

  /** Until the current connection attempt has succeeded or failed. */
  async idle(): Promise<void> {
    await this.#connecting;
  }

  #dialAfter(delayMs: number): void {
    this.#stopDialTimer();
    if (this.#isStopped) return;
    this.#cancelDial = this.#deps.clock.after(delayMs, () => {
      this.#cancelDial = undefined;
      this.connect();
    });
  }

  #stopDialTimer(): void {
    this.#cancelDial?.();
    this.#cancelDial = undefined;
  }

  async #dial(generation: number): Promise<void> {
    const { name } = this.#stored;
    const address = this.#addresses.next(this.#stored);
    const { staticDescription } = this.#driver;
    this.#earlyEnd = undefined;
    // Not before: units of the configuration are declared first.
    if (staticDescription) this.#publishDescribed(staticDescription);
    this.#deps.log.debug({ name, host: address.host, port: address.port }, 'connecting to unit');
    let session: UnitSession | undefined;
    let failure: unknown;
    try {
      await this.#deps.whenFree(address);
      session = await this.#driver.connect({
        address,
        log: this.#deps.log,
        listener: this.#listener,
        signal: this.#abandon.signal,
        through: async (semaphore) => this.#through(semaphore),
        problemWith: (identity) => this.#problemWith(identity),
      });
    } catch (error) {
      failure = error;
    }
    this.#connecting = undefined;
    const isStale = generation !== this.#generation;
    if (this.#isStopped || isStale) {
      session?.goodbye();
      this.#dialAfter(0);
    } else if (session?.isOpen) {
      this.#settleAt(address);
      this.#becomeReady(session);
    } else {
      this.#fail(address, failure ?? new AppError(this.#earlyEndCode() ?? 'unit_unreachable'));
    }
  }

  /** A call, since the compiler does not see what callbacks assign. */
  #earlyEndCode(): ErrorCode | undefined {
    return this.#earlyEnd?.code;
  }

  async #through(semaphore: Semaphore): Promise<() => void> {
    if (this.#owner.isWaiting() || this.#abandon.signal.aborted) return () => undefined;
    return this.#line.acquire(semaphore);
  }

  #problemWith(identity: UnitIdentity): ErrorCode | undefined {
    const expected = this.#stored.hardwareId;
    const isWrong =
      (expected !== null && expected !== identity.hardwareId) ||
      this.#deps.elsewhere(identity.hardwareId) === 'yes';
    return isWrong ? 'unit_wrong' : undefined;
  }

  #settleAt(address: UnitAddress): void {
    this.#addresses.found();
    const { unitId, address: before } = this.#stored;
    if (before.host === address.host && before.port === address.port) return;
    this.#deps.log.info({ host: address.host, port: address.port }, 'unit address changed');
    this.#stored = { ...this.#stored, address };
    this.#deps.events.moved(unitId, address);
  }

  #fail(address: UnitAddress, error: unknown): void {
    this.#deps.rejected?.(address.host);
    this.#addresses.failed(this.#stored);
    const code = error instanceof AppError ? error.code : 'internal';
    if (code === 'internal') {
      this.#deps.log.error({ err: error }, 'connecting to unit failed');
    }
    this.#presence.become('lost', code, this.#deps.clock.nowMs());
    // What answers at an address that anybody announced says nothing of the unit.
    const isOwn = address === this.#stored.address;
    const isHopeless = isOwn && (code === 'unit_wrong' || code === 'unit_version_unsupported');
    this.#dialAfter(isHopeless ? HOPELESS_RETRY_MS : this.#backoff.next());
    this.#owner.failed(code);
  }

  #becomeReady(session: UnitSession): void {
    const { identity } = session;
    const { clock, log } = this.#deps;
    const now = clock.nowMs();
    this.#session = session;
    this.#connectedAtMs = clock.monotonicMs();
    this.keepAtLeast(KEEP_PROBED_MS);
    this.#stored = { ...this.#stored, hardwareId: identity.hardwareId };
    this.#presence.heard(now);
    if (identity.safeMode) {
      this.#presence.become('lost', 'unit_safe_mode', now);
      this.#owner.failed('unit_safe_mode');
      this.#owner.ready();
      return;
    }
    log.info({ hardwareId: identity.hardwareId, bootId: identity.bootId }, 'unit ready');
    this.#publishDescribed(session);
    const isDoubled = this.#deps.elsewhere(identity.hardwareId) === 'conflict';
    if (isDoubled) log.warn({ hardwareId: identity.hardwareId }, 'duplicate hardware id');
    this.#presence.become('ready', isDoubled ? 'unit_identity_conflict' : undefined, now);
    this.#owner.ready();
    // After the first command, so that nobody waits for this.
    if (this.#isCurrent(session)) this.#stopSubscriptions = session.startSubscriptions();
  }

  /** A call, since the compiler does not see that the owner may have used the connection up. */
  #isCurrent(session: UnitSession): boolean {
    return this.#session === session;
  }

  #publishDescribed({ identity, model }: Pick<UnitSession, 'identity' | 'model'>): void {
    const { clock, events } = this.#deps;
    const startedAtMs = clock.nowMs() - identity.uptimeMs;
    events.described(
      describedOf({ unitId: this.#stored.unitId, identity, thing: model.thing, startedAtMs }),
    );
  }

  readonly #listener: SessionListener = {
    missed: (missed) => {
      if (this.#session) this.#reports.missed(missed);
    },
    readings: (readings) => {
      if (this.#session) this.#reports.readings(readings, this.#session);
    },
    event: (happened) => {
      if (this.#session) this.#reports.event(happened, this.#session);
    },
    ended: (end) => {
      if (this.#session) this.#endLink(end);
      else this.#earlyEnd = end;
    },
  };

  #endLink(end: LinkEnd): void {
    const { clock } = this.#deps;
    const mayBeProbed = this.#session?.mayBeProbed ?? true;
    this.#stopLinkTimers();
    this.#session = undefined;
    if (this.#isStopped) return;
    const lastedMs = clock.monotonicMs() - this.#connectedAtMs;
    if (end.kind === 'closed' || lastedMs >= STABLE_AFTER_MS) this.#backoff.reset();
    if (end.kind === 'closed') {
      if (mayBeProbed) this.#dialAfter(PROBE_EVERY_MS * (0.8 + 0.2 * this.#deps.random()));
      return;
    }
    if (end.kind === 'lost') this.#addresses.lost(this.#stored);
    this.#presence.become(end.kind, end.code, clock.nowMs());
    this.#dialAfter(end.code === 'unit_wrong' ? HOPELESS_RETRY_MS : this.#backoff.next());
  }

  #stopLinkTimers(): void {
    this.stopIdleTimer();
    this.#stopSubscriptions?.();
    this.#stopSubscriptions = undefined;
  }
}
