import { type MessageDraft, type Qos } from '../../kernel/mqtt-message.ts';
import { groupedBy } from '#platform/grouped-by.ts';
import type { SubscriptionRecord } from '../../store/mqtt-subscriptions.ts';

/** How one session gets a message: once, however many of its filters match. */
export interface Target {
  readonly sessionKey: number;
  readonly qos: Qos;
  readonly retain: boolean;
  readonly prefix: string;
  readonly identifiers: readonly number[];
  /** Its turn in a shared subscription: nobody else gets the message of that. */
  readonly isByShare?: boolean;
}

/** Sessions that get a message by filters of their own. */
export function ownTargets(
  matching: readonly SubscriptionRecord[],
  message: MessageDraft,
): Target[] {
  const own = matching.filter(
    ({ share, noLocal, sessionKey }) =>
      share === null && !(noLocal && sessionKey === message.sessionKey),
  );
  const bySession = groupedBy(own, ({ sessionKey }) => sessionKey);
  return [...bySession.values()].map((all) => targetBy(all, message));
}

/** A session gets a message by these of its filters. */
export function targetBy(filters: readonly SubscriptionRecord[], message: MessageDraft): Target {
  const [best = NONE] = filters.toSorted((one, other) => other.qos - one.qos);
  return {
    sessionKey: best.sessionKey,
    qos: lesser(best.qos, message.qos),
    retain: message.isRetained && filters.some((one) => one.retainAsPublished),
    prefix: best.prefix,
    identifiers: filters.flatMap(({ identifier }) => (identifier === 0 ? [] : [identifier])),
  };
}

/** A session that has filters of its own beside its share gets the message once. */
export function mergeTarget(targets: Target[], target: Target): void {
  const index = targets.findIndex(({ sessionKey }) => sessionKey === target.sessionKey);
  const own = targets[index];
  if (!own) {
    targets.push(target);
    return;
  }
  targets[index] = {
    ...(target.qos > own.qos ? target : own),
    isByShare: true,
    identifiers: [...own.identifiers, ...target.identifiers],
  };
}

/** Filters of one share: one of their sessions gets the message. */
export function sharesAmong(
  matching: readonly SubscriptionRecord[],
): (readonly SubscriptionRecord[])[] {
  const shared = matching.filter(({ share }) => share !== null);
  return [...groupedBy(shared, ({ share, topic }) => `${share}/${topic}`).values()];
}

/** Whose turn it is: those that are connected share, and if none is, all do. */
export function chooseOf(
  members: readonly SubscriptionRecord[],
  isConnected: (sessionKey: number) => boolean,
  turn: number,
): SubscriptionRecord | undefined {
  const connected = members.filter(({ sessionKey }) => isConnected(sessionKey));
  const from = connected.length > 0 ? connected : members;
  return from[turn % from.length];
}

function lesser(one: Qos, other: Qos): Qos {
  return one < other ? one : other;
}

const NONE: Pick<SubscriptionRecord, 'sessionKey' | 'qos' | 'prefix'> = {
  sessionKey: 0,
  qos: 0,
  prefix: '',
};
