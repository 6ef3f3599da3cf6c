import type { Module } from '#platform/assembly.ts';
import type { Foundation } from '../../store/module.ts';
import type { AccountsOffers } from '../accounts/module.ts';
import { Sweeper } from '../../kernel/sweeper.ts';
import type { HubsOffers } from '../hubs/module.ts';
import type { SitesOffers } from '../sites/module.ts';
import { dropStaleAssertions } from '../../store/used-assertions.ts';
import { WRITERS } from '../../store/writers.ts';
import { BaseAssertions } from './base-assertions.ts';
import { BaseConnections } from './base-connections.ts';
import { BaseDirectory } from './base-directory.ts';
import { BaseLinks } from './base-links.ts';
import { BaseLogRoute } from './base-log-route.ts';
import { BaseService } from './base-service.ts';
import { BaseShares } from './base-shares.ts';
import { BaseViews } from './base-views.ts';
import { LocalClaimFile } from './local-claim-file.ts';
import { UnitFinder } from './unit-finder.ts';

export interface BasesNeeds
  extends Foundation, HubsOffers, Pick<AccountsOffers, 'revocations'>, Pick<SitesOffers, 'sites'> {
  /** The part of claim codes that names this hub's CA. */
  readonly caFingerprint: () => string;
  /** Addresses of this hub for other machines, the likeliest first. */
  readonly hubUrls: () => string[];
  /** Where the claim code for a base on the same machine is written, if it is. */
  readonly localClaimFile?: string | undefined;
}

export interface BasesOffers {
  readonly links: BaseLinks;
  readonly connections: BaseConnections;
  readonly bases: BaseDirectory;
  readonly baseShares: BaseShares;
  readonly assertions: BaseAssertions;
  readonly baseService: BaseService;
  readonly baseViews: BaseViews;
  /** Commands to units behind a base. */
  readonly baseLogRoute: BaseLogRoute;
  readonly unitFinder: UnitFinder;
}

export function basesModule(needs: BasesNeeds): Module<BasesOffers> {
  const { clock, clockWatch, unitOfWork, lease, sites, localClaimFile: path } = needs;
  const log = needs.log.child({ component: 'bases' });
  const links = new BaseLinks();
  const bases = new BaseDirectory(needs);
  const baseShares = new BaseShares({ ...needs, bases });
  const sweeper = new Sweeper({ ...needs, log });
  const connections = new BaseConnections({ ...needs, shares: baseShares, sweeper, log });
  lease.hold(connections);
  const baseLogRoute = new BaseLogRoute({ links, connections });
  const assertions = new BaseAssertions({ directory: bases, clock, unitOfWork });
  const baseService = new BaseService({ ...needs, log });
  const baseViews = new BaseViews(needs);
  const unitFinder = new UnitFinder({ links, shares: baseShares, clock, log });
  const claimFile =
    path === undefined
      ? undefined
      : new LocalClaimFile({ path, bases: baseService, unitOfWork, clock, log });
  // Before all who watch: they can wait a moment, the lamp should not.
  unitOfWork.follow(links);
  return {
    offers: {
      ...{ links, connections, bases, baseShares, assertions },
      ...{ baseService, baseViews, unitFinder, baseLogRoute },
    },
    start: async () => {
      clockWatch.onStep(() => sweeper.recheck());
      sweeper.start(() => connections.sweep());
      await unitOfWork.run(({ tx }) => dropStaleAssertions(tx, clock.nowMs()), WRITERS.hub);
      await claimFile?.start(await sites.ensureFirstSite());
    },
    close: async () => {
      sweeper.close();
      await claimFile?.close();
    },
    gauges: () => ({ finds: unitFinder.size }),
  };
}
