import { type SessionName } from '../../kernel/mqtt-message.ts';
import { addressKey } from '../admission/address-key.ts';
import type { Suspects } from '../../domain/accounts/suspects.ts';
import { type Principal, subjectOf } from '../../domain/accounts/principal.ts';
import type { LiveSessions } from '../../domain/mqtt/live-sessions.ts';
import { MQTT_LIMITS } from '../../domain/mqtt/mqtt-limits.ts';
import type { MqttAuthenticator, MqttCredentials } from '../../kernel/mqtt-authenticator.ts';
import type { TopicGrant, TopicRights } from '../../kernel/topic-rights.ts';
import type { ConnectRequest } from './connect-request.ts';
import { REASON, type ReasonCode } from './reason-codes.ts';

/** What is known of a client before its first packet. */
export type ClientFacts = Pick<MqttCredentials, 'certificateFingerprint' | 'listener' | 'address'>;

export interface Admitted {
  readonly ok: true;
  readonly principal: Principal;
  readonly grant: TopicGrant;
  readonly name: SessionName;
  /** The principal in one word. */
  readonly author: string;
  readonly endsAtMs: number;
}

export interface ClientAdmissionDeps {
  readonly authenticator: MqttAuthenticator<Principal>;
  readonly rights: Pick<TopicRights<Principal, unknown>, 'grantOf'>;
  readonly live: Pick<LiveSessions, 'countOf'>;
  readonly suspects: Suspects;
}

/** Authenticates clients and applies the bounds on them, before their sessions are touched. */
export class ClientAdmission {
  readonly #deps: ClientAdmissionDeps;

  constructor(deps: ClientAdmissionDeps) {
    this.#deps = deps;
  }

  async admit(
    facts: ClientFacts,
    { clientId, isAssigned, userName, password, version }: ConnectRequest,
  ): Promise<Admitted | { readonly ok: false; readonly reason: ReasonCode }> {
    const { authenticator, rights, live, suspects } = this.#deps;
    const address = addressKey(facts.address);
    if (!suspects.mayVerify(address)) return { ok: false, reason: REASON.rateExceeded };
    const named = isAssigned ? '' : clientId;
    const credentials = { ...facts, clientId: named, userName, password, version };
    const verdict = await authenticator.authenticate(credentials);
    if (!verdict?.ok) {
      suspects.refused(address);
      return { ok: false, reason: reasonOf(verdict?.reason ?? 'credentials') };
    }
    const { principal, endsAtMs } = verdict;
    const identity = subjectOf(principal);
    if (live.countOf(identity) >= MQTT_LIMITS.connectionsPerIdentity) {
      return { ok: false, reason: REASON.quotaExceeded };
    }
    const grant = await rights.grantOf(principal);
    return {
      ...{ ok: true, principal, grant, endsAtMs },
      author: identity,
      name: { identity, clientId },
    };
  }
}

function reasonOf(reason: 'credentials' | 'client_id' | 'forbidden'): ReasonCode {
  switch (reason) {
    case 'credentials':
      return REASON.badCredentials;
    case 'client_id':
      return REASON.clientIdInvalid;
    case 'forbidden':
      return REASON.notAuthorized;
    default:
      return reason satisfies never;
  }
}
