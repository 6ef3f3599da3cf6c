import type { Module } from '#platform/assembly.ts';
import type { MqttAuthenticator } from '../../kernel/mqtt-authenticator.ts';
import type { TopicRights } from '../../kernel/topic-rights.ts';
import type { Foundation } from '../../store/module.ts';
import type { AccountsOffers } from '../accounts/module.ts';
import type { Principal } from '../accounts/principal.ts';
import type { ConnectedDevices } from '../devices/device-views.ts';
import type { DevicesOffers } from '../devices/module.ts';
import type { SitesOffers } from '../sites/module.ts';
import { ClientAuthenticator } from './client-authenticator.ts';
import { ClientRights } from './client-rights.ts';
import { TokenAuthenticator } from './token-authenticator.ts';
import { TokenRights } from './token-rights.ts';

export interface MqttNeeds
  extends
    Foundation,
    Pick<AccountsOffers, 'tokens' | 'revocations'>,
    Pick<SitesOffers, 'access'>,
    Pick<DevicesOffers, 'deviceAuthenticator' | 'deviceRights'> {}

export interface MqttOffers {
  readonly mqttAuthenticator: MqttAuthenticator<Principal>;
  readonly topicRights: TopicRights<Principal>;
  readonly connectedDevices: ConnectedDevices;
}

export function mqttModule(needs: MqttNeeds): Module<MqttOffers> {
  return {
    offers: {
      mqttAuthenticator: new ClientAuthenticator({
        db: needs.db,
        devices: needs.deviceAuthenticator,
        tokens: new TokenAuthenticator(needs),
      }),
      topicRights: new ClientRights({
        devices: needs.deviceRights,
        tokens: new TokenRights(needs),
      }),
      connectedDevices: () => Promise.resolve(undefined),
    },
  };
}
