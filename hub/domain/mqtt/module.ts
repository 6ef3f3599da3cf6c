import type { Module } from '#platform/assembly.ts';
import type { MqttAuthenticator } from '../../kernel/mqtt-authenticator.ts';
import type { TopicRights } from '../../kernel/topic-rights.ts';
import type { Foundation } from '../../store/module.ts';
import type { AccountsOffers } from '../accounts/module.ts';
import type { Principal } from '../accounts/principal.ts';
import type { SitesOffers } from '../sites/module.ts';
import { TokenAuthenticator } from './token-authenticator.ts';
import { TokenRights } from './token-rights.ts';

export interface MqttNeeds
  extends Foundation, Pick<AccountsOffers, 'tokens' | 'revocations'>, Pick<SitesOffers, 'access'> {}

export interface MqttOffers {
  readonly mqttAuthenticator: MqttAuthenticator<Principal>;
  readonly topicRights: TopicRights<Principal>;
}

export function mqttModule(needs: MqttNeeds): Module<MqttOffers> {
  return {
    offers: {
      mqttAuthenticator: new TokenAuthenticator(needs),
      topicRights: new TokenRights(needs),
    },
  };
}
