import type { KeyObject } from 'node:crypto';
import type { Module } from '#platform/assembly.ts';
import { Signal } from '#platform/signal.ts';
import type { BaseConfig } from '../config/config.ts';
import type { EventSender } from '../outbox/event-sender.ts';
import type { Foundation } from '../store/module.ts';
import { type AssertionSigner, makeAssertion } from './assertion.ts';
import { ClockOffset } from './clock-offset.ts';
import { HubHttp } from './hub-http.ts';
import { HubIdentity } from './hub-identity.ts';
import { WebhookSender } from './webhook-sender.ts';

export interface HubLinkNeeds extends Foundation {
  readonly config: BaseConfig;
  readonly privateKey: KeyObject;
  /** PEM of the hub's CA; undefined only for a hub over plain HTTP on this machine. */
  readonly hubCa?: string;
  /** In place of webhooks. */
  readonly sender?: EventSender;
}

export interface HubLinkOffers {
  readonly signer: AssertionSigner;
  /** Proves the identity of this base, for a minute. */
  readonly assertion: () => Promise<string>;
  readonly offset: ClockOffset;
  /** Verifies the hub; undefined only for one over plain HTTP on this machine. */
  readonly hubIdentity: HubIdentity | undefined;
  readonly http: HubHttp;
  /** A request was not answered: the hub may be out of reach. */
  readonly unanswered: Pick<Signal, 'follow'>;
  readonly sender: EventSender;
}

/** How the base reaches its hub, and verifies it. */
export function hubLinkModule(needs: HubLinkNeeds): Module<HubLinkOffers> {
  const { config, privateKey, hubCa: ca, clock, store } = needs;
  const { baseId, hubUrl: origin } = config;
  const offset = new ClockOffset(clock);
  const hubNowMs = () => (offset.offsetMs === undefined ? undefined : offset.hubNowMs());
  const hubIdentity = ca === undefined ? undefined : new HubIdentity({ origin, ca, hubNowMs });
  const unanswered = new Signal();
  const http = new HubHttp({
    origin,
    ...(hubIdentity ? { identity: hubIdentity } : {}),
    unanswered: unanswered.emit,
  });
  const sender =
    needs.sender ??
    new WebhookSender({
      ...{ baseId, privateKey, http, offset },
      earlierOffsetMs: (id) =>
        id === store.clocks.current ? undefined : store.clocks.offsetOf(id),
      log: needs.log.child({ component: 'webhook-sender' }),
    });
  const signer = { baseId, privateKey };
  const assertion = async () => makeAssertion(signer, offset.hubNowMs());
  return {
    offers: { signer, assertion, offset, hubIdentity, http, unanswered, sender },
    close: () => http.close(),
  };
}
