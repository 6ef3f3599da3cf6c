import { z } from 'zod';
import { LIMITS } from '#protocol/limits.ts';
import type { UnitAddress } from '#protocol/unit-address.ts';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import { ExpiringMap } from './expiring-map.ts';
import { type MdnsLink, type MdnsRecord, SERVICE } from './mdns-link.ts';

/** A unit as it announces itself (docs/provisioning.md section 7). Nothing of it is proven. */
export interface FoundUnit {
  readonly hardwareId: string;
  readonly model: string;
  readonly isEncrypted: boolean;
  readonly hostName: string;
  readonly address: UnitAddress;
}

/** Many more than there are units in a house; a flood of made-up ones ends here. */
const MAX_UNITS = 256;
const MAX_HOSTS = 512;
/**
 * Floods are forgotten after this time, and present units announce themselves again
 * when queried.
 */
const MAX_TTL_MS = 300_000;
const MIN_QUERY_INTERVAL_MS = 5_000;
const RESOLVE_TIMEOUT_MS = 1_500;
const MAX_WAITING = 64;

/** No control characters: these are shown to people. */
const Word = z.string().regex(/^[\x21-\x7e]+$/);
const Texts = z.object({
  id: Word.max(LIMITS.unitLink.hardwareIdChars),
  model: Word.max(LIMITS.unitLink.modelChars).catch('?'),
  enc: z.string().catch('0'),
});
type Texts = z.infer<typeof Texts>;

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
  /** Of announcements; the host is a name. */
  readonly #services: ExpiringMap<UnitAddress>;
  readonly #texts: ExpiringMap<Texts>;
  readonly #hosts: ExpiringMap<string>;
  readonly #waiting = new Set<Waiting>();
  #queriedAtMs = -Infinity;

  constructor({ clock, link }: { readonly clock: Clock; readonly link: MdnsLink }) {
    this.#clock = clock;
    this.#link = link;
    const nowMs = () => clock.monotonicMs();
    this.#services = new ExpiringMap({ nowMs, max: MAX_UNITS });
    this.#texts = new ExpiringMap({ nowMs, max: MAX_UNITS });
    this.#hosts = new ExpiringMap({ nowMs, max: MAX_HOSTS });
  }

  start(): void {
    this.#link.listen((records) => {
      for (const record of records) this.#apply(record);
    });
  }

  /** Queries all units of the network; does nothing shortly after the last query. */
  query(): void {
    const now = this.#clock.monotonicMs();
    if (now - this.#queriedAtMs < MIN_QUERY_INTERVAL_MS) return;
    this.#queriedAtMs = now;
    this.#link.query([{ name: SERVICE, type: 'PTR' }]);
  }

  /** Who has announced a unit, as far as it is known where. */
  found(): FoundUnit[] {
    return this.#services.entries().flatMap(([instance, { host, port }]) => {
      const texts = this.#texts.get(instance);
      const ip = this.#hosts.get(host);
      if (!texts || ip === undefined) return [];
      const { id: hardwareId, model, enc } = texts;
      const address = { host: ip, port };
      return [{ hardwareId, model, isEncrypted: enc === '1', hostName: host, address }];
    });
  }

  /**
   * The addresses at which this hardware id is announced, by anyone. Also queries, for
   * the next time.
   */
  addressesOf(hardwareId: string): UnitAddress[] {
    this.query();
    return this.found()
      .filter((one) => one.hardwareId === hardwareId)
      .map(({ address }) => address);
  }

  /** The IPv4 address of a `.local` name; undefined if nobody has it. */
  async resolve(name: string): Promise<string | undefined> {
    const host = name.toLowerCase();
    const known = this.#hosts.get(host);
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

  async close(): Promise<void> {
    for (const { cancel, resolve } of this.#waiting) {
      cancel();
      resolve(undefined);
    }
    this.#waiting.clear();
    await this.#link.close();
  }

  #apply(record: MdnsRecord): void {
    const { name } = record;
    const lifeMs = Math.min(record.ttlS * 1_000, MAX_TTL_MS);
    switch (record.type) {
      case 'PTR':
        // A unit's goodbye.
        if (name === SERVICE && lifeMs === 0) this.#services.delete(record.target);
        return;
      case 'SRV':
        if (isOfUnit(name))
          this.#services.set(name, { host: record.target, port: record.port }, lifeMs);
        return;
      case 'TXT': {
        const texts = isOfUnit(name) ? Texts.safeParse(record.entries) : undefined;
        if (texts?.success) this.#texts.set(name, texts.data, lifeMs);
        return;
      }
      case 'A':
        if (name.endsWith('.local')) this.#hosts.set(name, record.ip, lifeMs);
        if (lifeMs > 0) this.#notifyWaiting(name, record.ip);
        return;
    }
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

function isOfUnit(name: string): boolean {
  return name.endsWith(`.${SERVICE}`);
}
