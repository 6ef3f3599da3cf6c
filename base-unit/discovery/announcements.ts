import { z } from 'zod';
import { LIMITS } from '#protocol/limits.ts';
import type { UnitAddress } from '#protocol/unit-address.ts';
import { type Claim, Claims } from './claims.ts';
import { type MdnsRecord, SERVICE } from './mdns-link.ts';

/** A unit as it announces itself (docs/provisioning.md section 7). Nothing of it is proven. */
export interface FoundUnit {
  readonly hardwareId: string;
  readonly model: string;
  readonly isEncrypted: boolean;
  readonly hostName: string;
  readonly address: UnitAddress;
}

/** Many more than there are units in a house; a flood of made-up ones ends here. */
const MAX_SERVICES = 256;
const MAX_HOSTS = 512;
/** Addresses of one unit that are worth a dial. */
const MAX_ADDRESSES = 16;
/** Whoever floods us is forgotten after this, and who is there says so again when asked. */
const MAX_TTL_MS = 300_000;

/** No control characters: these are shown to people. */
const Word = z.string().regex(/^[\x21-\x7e]+$/);
const Texts = z.object({
  id: Word.max(LIMITS.unitLink.hardwareIdChars),
  model: Word.max(LIMITS.unitLink.modelChars).catch('?'),
  enc: z.string().catch('0'),
});
type Texts = z.infer<typeof Texts>;

/** A unit as one sender has announced it. */
interface Announced {
  readonly sender: string;
  readonly unit: FoundUnit;
}

/**
 * What was announced of units and host names. Several may speak of one name:
 * what each says is put together by itself, so that another sender's record does
 * not spoil what a unit says of itself.
 */
export class Announcements {
  /** The host is a name. */
  readonly #services: Claims<UnitAddress>;
  readonly #texts: Claims<Texts>;
  readonly #hosts: Claims<string>;

  constructor(nowMs: () => number) {
    this.#services = new Claims({ nowMs, max: MAX_SERVICES });
    this.#texts = new Claims({ nowMs, max: MAX_SERVICES });
    this.#hosts = new Claims({ nowMs, max: MAX_HOSTS });
  }

  apply(record: MdnsRecord, sender: string): void {
    const { name } = record;
    const lifeMs = Math.min(record.ttlS * 1_000, MAX_TTL_MS);
    switch (record.type) {
      case 'PTR':
        // A unit that says goodbye.
        if (name === SERVICE && lifeMs === 0) this.#services.withdraw(record.target, sender);
        return;
      case 'SRV': {
        const value = { host: record.target, port: record.port };
        if (isOfUnit(name)) this.#services.put(name, { value, sender }, lifeMs);
        return;
      }
      case 'TXT': {
        const texts = isOfUnit(name) ? Texts.safeParse(record.entries) : undefined;
        if (texts?.success) this.#texts.put(name, { value: texts.data, sender }, lifeMs);
        return;
      }
      case 'A':
        if (name.endsWith('.local')) this.#hosts.put(name, { value: record.ip, sender }, lifeMs);
        return;
    }
  }

  /** As each sender announces them last, a unit of each sender in turn. */
  found(): FoundUnit[] {
    const newest = new Map<string, Announced>();
    for (const [instance, services] of this.#services.entries()) {
      for (const one of this.#announced(instance, services)) {
        // Of one sender the last word counts: a unit that moved is not where it was.
        newest.set(JSON.stringify([instance, one.sender]), one);
      }
    }
    return distinct(inTurn([...newest.values()]));
  }

  /**
   * Where a unit of this hardware id is announced, by whomever: first where it
   * says so itself, then what each sender says in turn, so that the one who says
   * most does not push the others back.
   */
  addressesOf(hardwareId: string): UnitAddress[] {
    const all = this.#services
      .entries()
      .flatMap(([instance, services]) => this.#announced(instance, services))
      .filter(({ unit }) => unit.hardwareId === hardwareId);
    const [own, others] = [all.filter(isOfItself), all.filter((one) => !isOfItself(one))];
    const units = distinct([...inTurn(own), ...inTurn(others)]);
    return units.slice(0, MAX_ADDRESSES).map(({ address }) => address);
  }

  /** The addresses that are claimed of a name, first those from which it was claimed; in a lasting order. */
  ipsOf(host: string): string[] {
    const claims = [...this.#hosts.of(host)].sort((a, b) => a.value.localeCompare(b.value));
    const isOwn = ({ value, sender }: Claim<string>) => value === sender;
    const sorted = [...claims.filter(isOwn), ...claims.filter((claim) => !isOwn(claim))];
    return [...new Set(sorted.map(({ value }) => value))];
  }

  /** What a sender says is completed by others only where it does not say that itself. */
  #announced(instance: string, services: readonly Claim<UnitAddress>[]): Announced[] {
    return services.flatMap(({ value: { host, port }, sender }) => {
      const texts = claimsBy(sender, this.#texts.of(instance)).at(-1)?.value;
      if (!texts) return [];
      const { id: hardwareId, model, enc } = texts;
      const about = { hardwareId, model, isEncrypted: enc === '1', hostName: host };
      return claimsBy(sender, this.#hosts.of(host)).map(({ value: ip }) => ({
        sender,
        unit: { ...about, address: { host: ip, port } },
      }));
    });
  }
}

function claimsBy<Value>(sender: string, claims: readonly Claim<Value>[]): readonly Claim<Value>[] {
  const own = claims.filter((claim) => claim.sender === sender);
  return own.length > 0 ? own : claims;
}

function isOfItself({ sender, unit }: Announced): boolean {
  return unit.address.host === sender;
}

/** The first of each sender, then the second of each, and so on. */
function inTurn(all: readonly Announced[]): Announced[] {
  const counts = new Map<string, number>();
  const ranked = all.map((one) => {
    const rank = counts.get(one.sender) ?? 0;
    counts.set(one.sender, rank + 1);
    return { one, rank };
  });
  return ranked.sort((a, b) => a.rank - b.rank).map(({ one }) => one);
}

/** Several may say the same. */
function distinct(all: readonly Announced[]): FoundUnit[] {
  const units = new Map<string, FoundUnit>();
  for (const { unit } of all) {
    const key = JSON.stringify([unit.hardwareId, unit.address]);
    if (!units.has(key)) units.set(key, unit);
  }
  return [...units.values()];
}

function isOfUnit(name: string): boolean {
  return name.endsWith(`.${SERVICE}`);
}
