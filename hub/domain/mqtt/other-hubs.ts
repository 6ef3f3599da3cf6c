import type { SiteId } from '#protocol/ids.ts';
import type { MessageDraft } from '../../kernel/mqtt-message.ts';

/** A message that nobody stores, on its way to the clients of other hubs. */
export interface PassingMessage extends Omit<MessageDraft, 'qos' | 'isRetained'> {
  readonly site: SiteId;
}

/** A note of one hub's broker to those of the others: mostly where to look. */
export type BrokerNote =
  /** Messages of the site are stored up to this one. */
  | { readonly kind: 'stored'; readonly site: SiteId; readonly seq: number }
  | { readonly kind: 'passing'; readonly message: PassingMessage }
  /** Clients of the sender subscribe in this site. */
  | { readonly kind: 'subscribed'; readonly site: SiteId; readonly isShared: boolean }
  /** The session has a connection at the sender, which is of this generation. */
  | { readonly kind: 'session_taken'; readonly key: number; readonly generation: number };

/**
 * What clients of other hubs want of a site; `shared`: at least one of them by a shared
 * subscription.
 */
export type InterestElsewhere = 'none' | 'own' | 'shared';

/** The brokers of the other hubs on the same database. */
export interface OtherHubs {
  readonly interestIn: (site: SiteId) => InterestElsewhere;
  /** Notes may be lost: the receivers also look by themselves. */
  readonly publish: (note: BrokerNote) => void;
}

/** The link to the other hubs, once there is one; a hub that is always alone never has it. */
export class OtherHubsLink implements OtherHubs {
  #others: OtherHubs | undefined;

  /** Before the start. */
  readonly reachBy = (others: OtherHubs): void => {
    this.#others = others;
  };

  readonly interestIn = (site: SiteId): InterestElsewhere =>
    this.#others?.interestIn(site) ?? 'none';

  readonly publish = (note: BrokerNote): void => this.#others?.publish(note);
}

/** Receives the notes of other hubs, and repeats what they have to know of this one. */
export interface BrokerNotes {
  readonly reachOthersBy: (others: OtherHubs) => void;
  readonly heard: (note: BrokerNote) => void;
  /** Looks for whatever may not have been heard. */
  readonly look: () => Promise<void>;
  /** What clients of this hub subscribe to now. */
  readonly subscribed: () => readonly Extract<BrokerNote, { readonly kind: 'subscribed' }>[];
}
