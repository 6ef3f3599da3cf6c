import type { Module } from '#platform/assembly.ts';
import type { Foundation } from '../../store/module.ts';
import type { AccountsOffers } from '../accounts/module.ts';
import { eventPruner } from './event-pruner.ts';
import { SiteAccess } from './site-access.ts';
import { SiteService } from './site-service.ts';

export interface SitesOffers {
  readonly access: SiteAccess;
  readonly sites: SiteService;
}

export function sitesModule(
  needs: Foundation & Pick<AccountsOffers, 'revocations'>,
): Module<SitesOffers> {
  const access = new SiteAccess(needs);
  const sites = new SiteService({ ...needs, access });
  const pruner = eventPruner({ ...needs, log: needs.log.child({ component: 'events' }) });
  return {
    offers: { access, sites },
    start: async () => {
      await sites.ensureFirstSite();
      pruner.start();
    },
    close: () => pruner.close(),
  };
}
