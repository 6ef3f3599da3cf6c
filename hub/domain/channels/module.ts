import type { Module } from '#platform/assembly.ts';
import type { Foundation } from '../../store/module.ts';
import type { AccountsOffers } from '../accounts/module.ts';
import type { BasesOffers } from '../bases/module.ts';
import type { SitesOffers } from '../sites/module.ts';
import { ChannelAccess } from './channel-access.ts';
import { RightsAudit } from './rights-audit.ts';
import { ChannelTokens } from './channel-tokens.ts';

export interface ChannelsNeeds
  extends
    Foundation,
    Pick<AccountsOffers, 'sessions' | 'revocations'>,
    Pick<SitesOffers, 'access'>,
    Pick<BasesOffers, 'bases'> {}

export interface ChannelsOffers {
  readonly channelTokens: ChannelTokens;
  readonly channelAccess: ChannelAccess;
  readonly rightsAudit: RightsAudit;
}

export function channelsModule(needs: ChannelsNeeds): Module<ChannelsOffers> {
  const channelTokens = new ChannelTokens(needs);
  return {
    offers: {
      channelTokens,
      channelAccess: new ChannelAccess(needs),
      rightsAudit: new RightsAudit(needs),
    },
    open: () => channelTokens.start(),
  };
}
