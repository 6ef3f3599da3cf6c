import type { SiteId } from '#protocol/ids.ts';
import type { SubscriptionRecord } from '../../store/mqtt-subscriptions.ts';
import { Signal } from '#platform/signal.ts';
import { FilterTree } from './filter-tree.ts';
import type { LiveSession } from './live-session.ts';

/** The sessions that are connected to this hub, and what they subscribed to. */
export class LiveSessions {
  readonly #byKey = new Map<number, LiveSession>();
  readonly #trees = new Map<SiteId, FilterTree<SubscriptionRecord>>();
  /** Shared subscriptions per site. */
  readonly #shares = new Map<SiteId, number>();
  readonly #perIdentity = new Map<string, number>();
  readonly #begun: (site: SiteId, isShared: boolean) => void;
  /** How many watch all that is published in a site. */
  readonly #watchers = new Map<SiteId, number>();
  /** A client is connected, and has subscribed to something more. */
  readonly changed = new Signal<LiveSession>();
  /** A client is connected no longer. */
  readonly ended = new Signal<LiveSession>();

  /**
   * @param begun called when somebody here is the first to subscribe in a site, or to a share in
   * it.
   */
  constructor(begun: (site: SiteId, isShared: boolean) => void = () => undefined) {
    this.#begun = begun;
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** Sites that somebody here has subscribed to, or looks at. */
  get sites(): readonly SiteId[] {
    return [...new Set([...this.#trees.keys(), ...this.#watchers.keys()])];
  }

  hasSite(site: SiteId): boolean {
    return this.#trees.has(site) || this.#watchers.has(site);
  }

  /** Whether some subscription in the site is shared. */
  hasShares(site: SiteId): boolean {
    return this.#shares.has(site);
  }

  /**
   * From now on all that is published in the site is delivered here.
   *
   * @returns a function that ends it.
   */
  watch(site: SiteId): () => void {
    const isFirst = !this.hasSite(site);
    this.#watchers.set(site, (this.#watchers.get(site) ?? 0) + 1);
    if (isFirst) this.#begun(site, false);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      const left = (this.#watchers.get(site) ?? 1) - 1;
      if (left > 0) this.#watchers.set(site, left);
      else this.#watchers.delete(site);
    };
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
    for (const one of session.subscriptions.values()) this.#addToTree(one);
    this.changed.emit(session);
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
    this.ended.emit(session);
  }

  /** @returns whether it had none of this name. */
  subscribe(session: LiveSession, subscription: SubscriptionRecord): boolean {
    const before = session.subscriptions.get(subscription.name);
    session.subscriptions.set(subscription.name, subscription);
    if (this.#byKey.get(session.key) !== session) return before === undefined;
    if (before) this.#removeFromTree(before);
    this.#addToTree(subscription);
    this.changed.emit(session);
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

  #addToTree(one: SubscriptionRecord): void {
    const { site, share } = one;
    const known = this.#trees.get(site);
    const tree = known ?? new FilterTree<SubscriptionRecord>();
    tree.add(one.topic, one);
    if (!known) this.#trees.set(site, tree);
    const shares = this.#shares.get(site) ?? 0;
    if (share !== null) this.#shares.set(site, shares + 1);
    if (!known || (share !== null && shares === 0)) this.#begun(site, share !== null);
  }

  #removeFromTree(one: SubscriptionRecord): void {
    if (one.share !== null) {
      const left = (this.#shares.get(one.site) ?? 1) - 1;
      if (left > 0) this.#shares.set(one.site, left);
      else this.#shares.delete(one.site);
    }
    const tree = this.#trees.get(one.site);
    tree?.remove(one.topic, one);
    if (tree?.size === 0) this.#trees.delete(one.site);
  }
}
