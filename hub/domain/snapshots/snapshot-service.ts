import type { SiteSnapshot } from '#protocol/http/sites.ts';
import type { SiteId } from '#protocol/ids.ts';
import type { UserPrincipal } from '../accounts/principal.ts';
import type { SiteService } from '../sites/site-service.ts';
import type { BaseViews } from '../bases/base-views.ts';
import type { Clock } from '#platform/clock.ts';
import type { PerUserLimiter } from '#platform/sharing/per-user-limiter.ts';
import type { Sparklines } from '../readings/sparklines.ts';
import type { RolloutService } from '../rollouts/rollout-service.ts';
import type { LiveProgress } from '../commands/live-progress.ts';
import { sitePosition } from '../../store/site-events.ts';
import { AppError } from '#protocol/errors.ts';
import { commandsOfSite } from '../../store/commands.ts';
import { COMMAND_VIEW } from '../../store/command-record.ts';
import type { ReadableRows } from '../../store/readable-rows.ts';
import type { ConsistentReads } from '../../store/engine/consistent-reads.ts';
import type { Db } from '../../store/schema.ts';
import { layoutOf } from '../../store/sites.ts';
import { SingleFlight } from '#platform/sharing/single-flight.ts';
import type { UnitViews } from '../units/unit-views.ts';

export interface SnapshotServiceDeps {
  readonly db: Db;
  readonly reads: ConsistentReads;
  readonly clock: Clock;
  readonly sites: SiteService;
  readonly bases: BaseViews;
  readonly views: UnitViews;
  readonly readable: ReadableRows;
  readonly sparklines: Sparklines;
  readonly rollouts: RolloutService;
  readonly live: LiveProgress;
  readonly share: PerUserLimiter;
}

type SharedPart = Omit<SiteSnapshot, 'site' | 'layout' | 'serverTimeMs'>;

const COMMANDS = 50;

/** All that the first view of a site needs. */
export class SnapshotService {
  readonly #deps: SnapshotServiceDeps;
  readonly #reads = new SingleFlight<SiteId, SharedPart>();

  constructor(deps: SnapshotServiceDeps) {
    this.#deps = deps;
  }

  /** @throws `rate_limited` when the user requests too many at once. */
  async of(caller: UserPrincipal, siteId: SiteId): Promise<SiteSnapshot> {
    const { db, clock, sites, share } = this.#deps;
    const { userId } = caller;
    const site = await sites.get(caller, siteId);
    return await share.run(userId, async () => ({
      site,
      ...(await this.#reads.run(siteId, () => this.#read(siteId))),
      layout: await layoutOf(db, siteId, userId),
      serverTimeMs: clock.nowMs(),
    }));
  }

  /** The part that is the same for every member: the state at one revision. */
  async #read(siteId: SiteId): Promise<SharedPart> {
    const { reads, readable, bases, views, sparklines, rollouts, live } = this.#deps;
    const state = await reads.run(async (tx) => {
      const position = await sitePosition(tx, siteId);
      if (!position) throw new AppError('site_unknown');
      const { epoch, rev, readings } = position;
      return {
        cursor: { epoch, rev, readings },
        units: await views.ofSite(siteId, tx),
        bases: await bases.ofSite(siteId, tx),
        rollouts: await rollouts.list(siteId, { db: tx }),
        commands: await commandsOfSite(tx, siteId, COMMANDS),
      };
    });
    return {
      ...state,
      commands: readable.each(state.commands, COMMAND_VIEW).map((command) => live.over(command)),
      // Of the last day, and no part of what the revision counts.
      sparklines: await sparklines.of(siteId, state.units),
    };
  }
}
