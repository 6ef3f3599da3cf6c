import type { SiteId } from '#protocol/ids.ts';
import type { SubscriptionRecord } from '../../store/mqtt-subscriptions.ts';
import { FilterTree } from './filter-tree.ts';
import type { LiveSession } from './live-session.ts';

/** The sessions that are connected to this hub, and what they subscribed to. */
export class LiveSessions {
  readonly #byKey = new Map<number, LiveSession>();
  readonly #trees = new Map<SiteId, FilterTree<SubscriptionRecord>>();
  readonly #perIdentity = new Map<string, number>();

  get size(): number {
    return this.#byKey.size;
  }

  /** Sites that somebody here has subscribed to. */
  get sites(): readonly SiteId[] {
    return [...this.#trees.keys()];
  }

  all(): readonly LiveSession[] {
    return [...this.#byKey.values()];
  }

  find(key: number): LiveSession | undefined {
    return this.#byKey.get(key);
  }

  countOf(identity: string): number {
    return this.#perIdentity.get(identity) ?? 0;
  }

  /** @returns the older connection of the same session; or this one, if a newer one is here. */
  add(session: LiveSession): LiveSession | undefined {
    const other = this.#byKey.get(session.key);
    if (other && other.place.generation > session.place.generation) return session;
    if (other) this.remove(other);
    this.#byKey.set(session.key, session);
    const { identity } = session.name;
    this.#perIdentity.set(identity, this.countOf(identity) + 1);
    for (const one of session.subscriptions.values()) this.#tree(one.site).add(one.topic, one);
    return other;
  }

  remove(session: LiveSession): void {
    if (this.#byKey.get(session.key) !== session) return;
    this.#byKey.delete(session.key);
    const { identity } = session.name;
    const left = this.countOf(identity) - 1;
    if (left > 0) this.#perIdentity.set(identity, left);
    else this.#perIdentity.delete(identity);
    for (const one of session.subscriptions.values()) this.#removeFromTree(one);
  }

  /** @returns whether it had none of this name. */
  subscribe(session: LiveSession, subscription: SubscriptionRecord): boolean {
    const before = session.subscriptions.get(subscription.name);
    session.subscriptions.set(subscription.name, subscription);
    if (this.#byKey.get(session.key) !== session) return before === undefined;
    if (before) this.#removeFromTree(before);
    this.#tree(subscription.site).add(subscription.topic, subscription);
    return before === undefined;
  }

  unsubscribe(session: LiveSession, name: string): void {
    const before = session.subscriptions.get(name);
    session.subscriptions.delete(name);
    if (before && this.#byKey.get(session.key) === session) this.#removeFromTree(before);
  }

  matching(site: SiteId, topic: string): readonly SubscriptionRecord[] {
    return this.#trees.get(site)?.matching(topic) ?? [];
  }

  #tree(site: SiteId): FilterTree<SubscriptionRecord> {
    const known = this.#trees.get(site);
    if (known) return known;
    const tree = new FilterTree<SubscriptionRecord>();
    this.#trees.set(site, tree);
    return tree;
  }

  #removeFromTree(one: SubscriptionRecord): void {
    const tree = this.#trees.get(one.site);
    tree?.remove(one.topic, one);
    if (tree?.size === 0) this.#trees.delete(one.site);
  }
}
