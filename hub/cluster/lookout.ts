import type { Logger } from 'pino';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import type { HubId } from '#protocol/ids.ts';
import { FailureLog } from '#platform/logging/failure-log.ts';
import { BLIND_AFTER_MS, type Bus } from './bus.ts';

export interface LookoutDeps {
  readonly bus: Pick<Bus, 'silenceMs'>;
  /** This hub, and the others on record. */
  readonly lease: { readonly id: HubId; readonly peers: readonly HubId[] };
  readonly clock: Clock;
  readonly log: Logger;
  /** Looks at everything that a hint may have been about. */
  readonly look: () => Promise<void>;
}

const TICK_MS = 500;

/**
 * Sees to it that nothing depends on a hint: looks at everything when one was lost, and
 * again and again as long as a hub is not heard.
 */
export class Lookout {
  readonly #deps: LookoutDeps;
  /** When each of the others was first seen on record: a new one takes a moment to be heard. */
  readonly #seenMs = new Map<HubId, number>();
  /** What was stored between the start and the first hint is looked for. */
  #hasMissed = true;
  #isBlind = false;
  readonly #failures: FailureLog;
  #looking: Promise<void> | undefined;
  #cancelTimer: CancelTimer | undefined;
  #isClosed = false;

  constructor(deps: LookoutDeps) {
    this.#deps = deps;
    this.#failures = new FailureLog(deps.log, 'changes of other hubs not looked for');
  }

  /** Some hub is not heard. */
  get isBlind(): boolean {
    return this.#isBlind;
  }

  start(): void {
    if (this.#isClosed) return;
    this.#cancelTimer = this.#deps.clock.after(TICK_MS, () => {
      this.#tick();
      this.start();
    });
  }

  /** A hint was lost. */
  readonly missed = (): void => {
    this.#hasMissed = true;
  };

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelTimer?.();
    await this.#looking;
  }

  #tick(): void {
    const isBlind = this.#isUnheard();
    const { log } = this.#deps;
    if (isBlind !== this.#isBlind) {
      log[isBlind ? 'warn' : 'info'](isBlind ? 'other hubs are not heard' : 'other hubs are heard');
      // What came between the last look and the first hint.
      this.#hasMissed = true;
    }
    this.#isBlind = isBlind;
    if (!isBlind && !this.#hasMissed) return;
    if (this.#looking) return;
    this.#hasMissed = false;
    this.#looking = this.#deps
      .look()
      .then(() => {
        this.#failures.succeeded();
      })
      .catch((error: unknown) => {
        this.#hasMissed = true;
        this.#failures.failed(error);
      })
      .finally(() => {
        this.#looking = undefined;
      });
  }

  #isUnheard(): boolean {
    const { bus, lease, clock } = this.#deps;
    const nowMs = clock.monotonicMs();
    const { peers } = lease;
    for (const id of this.#seenMs.keys()) if (!peers.includes(id)) this.#seenMs.delete(id);
    // Alone there is nobody to miss.
    if (peers.length === 0) return false;
    for (const id of peers) if (!this.#seenMs.has(id)) this.#seenMs.set(id, nowMs);
    const isNew = (id: HubId): boolean => nowMs - (this.#seenMs.get(id) ?? 0) < BLIND_AFTER_MS;
    return [lease.id, ...peers].some((id) => bus.silenceMs(id) > BLIND_AFTER_MS && !isNew(id));
  }
}
