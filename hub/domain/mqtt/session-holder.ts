import type { Clock } from '#platform/clock.ts';
import type { Sweeper } from '../../kernel/sweeper.ts';
import { leaveOrphanedSessions } from '../../store/mqtt-sessions.ts';
import type { Work } from '../../store/unit-of-work.ts';
import type { LeaseHolder } from '../hubs/hub-lease.ts';

/** A client that lost its hub has this long to come back before its will is published. */
export const HUB_GRACE_MS = 15_000;

/**
 * Ends the connections of hubs that are gone: their sessions expire, and their wills become due.
 */
export class SessionHolder implements LeaseHolder {
  readonly #deps: { readonly clock: Clock; readonly sweeper: Pick<Sweeper, 'expect'> };

  constructor(deps: { readonly clock: Clock; readonly sweeper: Pick<Sweeper, 'expect'> }) {
    this.#deps = deps;
  }

  readonly beganAlone = (work: Work): Promise<void> => this.#leave(work, true);

  readonly hubsGone = (work: Work): Promise<void> => this.#leave(work, false);

  async #leave(work: Work, ofAll: boolean): Promise<void> {
    const { clock, sweeper } = this.#deps;
    const nowMs = clock.nowMs();
    await leaveOrphanedSessions(work.tx, { nowMs, graceMs: HUB_GRACE_MS, ofAll });
    work.wake(() => sweeper.expect(nowMs));
  }
}
