import { createHash } from 'node:crypto';
import type { Clock } from '#platform/clock.ts';
import {
  type AttemptKey,
  countAttempt,
  forgetAttempts,
  sweepAttempts,
} from '../../store/attempts.ts';

import type { UnitOfWork } from '../../store/unit-of-work.ts';
import { AttemptLimit } from './attempt-limit.ts';

/** Limits attempts per key: by one hub for itself, or by all on one database together. */
export interface Attempts {
  /** Counts an attempt; the seconds to wait when it is one too many. */
  readonly count: (key: string) => Promise<number | undefined>;
  /** This key has authenticated: its count is reset. */
  readonly forget: (key: string) => Promise<void>;
}

export interface AttemptsDeps {
  readonly clock: Clock;
  /** Other hubs may work on the same database. */
  readonly isShared: boolean;
  readonly unitOfWork: Pick<UnitOfWork, 'run'>;
}

export interface AttemptBounds {
  readonly max: number;
  readonly windowMs: number;
}

/**
 * One hub alone counts in memory, as its database would. Where there are several, each has all
 * attempts: an attacker who reaches them all has no more than at one.
 */
export function attemptsOf(
  deps: AttemptsDeps,
  kind: AttemptKey['kind'],
  bounds: AttemptBounds,
): Attempts {
  if (deps.isShared) return new SharedAttempts(deps, kind, bounds);
  const limit = new AttemptLimit({ clock: deps.clock, ...bounds });
  return {
    count: (key) => Promise.resolve(limit.count(key)),
    forget: (key) => {
      limit.forget(key);
      return Promise.resolve();
    },
  };
}

const SWEEP_EVERY_MS = 60_000;

class SharedAttempts implements Attempts {
  readonly #deps: AttemptsDeps;
  readonly #kind: AttemptKey['kind'];
  readonly #bounds: AttemptBounds;
  #sweptAtMs = -Infinity;

  constructor(deps: AttemptsDeps, kind: AttemptKey['kind'], bounds: AttemptBounds) {
    this.#deps = deps;
    this.#kind = kind;
    this.#bounds = bounds;
  }

  readonly count = async (key: string): Promise<number | undefined> => {
    const { clock, unitOfWork } = this.#deps;
    const nowMs = clock.nowMs();
    const hashed = this.#keyOf(key);
    await this.#sweep();
    const { count, endsAtMs } = await unitOfWork.run(
      ({ tx }) => countAttempt(tx, hashed, { ...this.#bounds, nowMs }),
      hashed.key,
    );
    if (count <= this.#bounds.max) return undefined;
    return Math.max(1, Math.ceil((endsAtMs - nowMs) / 1_000));
  };

  readonly forget = async (key: string): Promise<void> => {
    const hashed = this.#keyOf(key);
    await this.#deps.unitOfWork.run(({ tx }) => forgetAttempts(tx, hashed), hashed.key);
  };

  /** Keys that were tried, right or wrong, are nobody's to read. */
  #keyOf(key: string): AttemptKey {
    return { kind: this.#kind, key: createHash('sha256').update(key).digest('base64url') };
  }

  async #sweep(): Promise<void> {
    const { clock, unitOfWork } = this.#deps;
    if (clock.monotonicMs() - this.#sweptAtMs < SWEEP_EVERY_MS) return;
    this.#sweptAtMs = clock.monotonicMs();
    await unitOfWork.run(async ({ tx, hold }) => {
      await hold('hub');
      await sweepAttempts(tx, clock.nowMs());
    }, 'attempts');
  }
}
