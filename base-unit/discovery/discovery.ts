import type { UnitAddress } from '#protocol/unit-address.ts';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import { LruCache } from '#platform/lru-cache.ts';
import { Announcements, type FoundUnit } from './announcements.ts';
import { type MdnsLink, type MdnsRecord, SERVICE } from './mdns-link.ts';

const MIN_QUERY_INTERVAL_MS = 5_000;
const RESOLVE_TIMEOUT_MS = 1_500;
const MAX_WAITING = 64;
/** Names of which an address turned out to be another's. */
const MAX_REJECTED_NAMES = 256;

interface Waiting {
  readonly host: string;
  readonly resolve: (ip: string | undefined) => void;
  readonly cancel: CancelTimer;
}

/**
 * Finds announced units on this network, and addresses of `.local` names. It queries
 * only on demand, and trusts nobody: what it finds is a place to look, and the unit's
 * key proves its identity.
 */
export class Discovery {
  readonly #clock: Clock;
  readonly #link: MdnsLink;
  readonly #announcements: Announcements;
  /** How often what a name was resolved to turned out wrong. */
  readonly #rejections = new LruCache<string, number>(MAX_REJECTED_NAMES);
  readonly #waiting = new Set<Waiting>();
  #queriedAtMs = -Infinity;

  constructor({ clock, link }: { readonly clock: Clock; readonly link: MdnsLink }) {
    this.#clock = clock;
    this.#link = link;
    this.#announcements = new Announcements(() => clock.monotonicMs());
  }

  start(): void {
    this.#link.listen((records, sender) => {
      for (const record of records) this.#apply(record, sender);
    });
  }

  /** Queries all units of the network; does nothing shortly after the last query. */
  query(): void {
    const now = this.#clock.monotonicMs();
    if (now - this.#queriedAtMs < MIN_QUERY_INTERVAL_MS) return;
    this.#queriedAtMs = now;
    this.#link.query([{ name: SERVICE, type: 'PTR' }]);
  }

  /** Who has announced a unit, as far as it is known where; in turn by who says so. */
  found(): FoundUnit[] {
    return this.#announcements.found();
  }

  /**
   * The addresses at which this hardware id is announced, by anyone. Also queries, for
   * the next time.
   */
  addressesOf(hardwareId: string): UnitAddress[] {
    this.query();
    return this.#announcements.addressesOf(hardwareId);
  }

  /**
   * The IPv4 address of a `.local` name; undefined when nobody has it. Where
   * several are claimed it is the same one until that is rejected.
   */
  async resolve(name: string): Promise<string | undefined> {
    const host = name.toLowerCase();
    const claimed = this.#announcements.ipsOf(host);
    const known = claimed[(this.#rejections.get(host) ?? 0) % claimed.length];
    if (known !== undefined || this.#waiting.size >= MAX_WAITING) return known;
    return new Promise((resolve) => {
      const waiting: Waiting = {
        host,
        resolve,
        cancel: this.#clock.after(RESOLVE_TIMEOUT_MS, () => {
          this.#waiting.delete(waiting);
          resolve(undefined);
        }),
      };
      this.#waiting.add(waiting);
      this.#link.query([{ name: host, type: 'A' }]);
    });
  }

  /** Whoever is behind this name was not who was looked for: the next one, the next time. */
  reject(name: string): void {
    const host = name.toLowerCase();
    if (this.#announcements.ipsOf(host).length < 2) return;
    this.#rejections.set(host, (this.#rejections.get(host) ?? 0) + 1);
  }

  async close(): Promise<void> {
    for (const { cancel, resolve } of this.#waiting) {
      cancel();
      resolve(undefined);
    }
    this.#waiting.clear();
    await this.#link.close();
  }

  #apply(record: MdnsRecord, sender: string): void {
    this.#announcements.apply(record, sender);
    if (record.type === 'A' && record.ttlS > 0) this.#notifyWaiting(record.name, record.ip);
  }

  #notifyWaiting(host: string, ip: string): void {
    for (const waiting of this.#waiting) {
      if (waiting.host !== host) continue;
      this.#waiting.delete(waiting);
      waiting.cancel();
      waiting.resolve(ip);
    }
  }
}
