import { networkInterfaces } from 'node:os';
import { addressKindOf, parseHost } from '#protocol/host.ts';
import type { UnitAddress } from '#protocol/unit-address.ts';

/** One of this machine's own addresses. */
export interface OwnAddress {
  readonly address: string;
  readonly netmask: string;
}

export interface AddressPolicyDeps {
  /** Whether units may be on this machine, or at a link-local address. */
  readonly allowsLocal: boolean;
  /** Units in the base's own file: whoever wrote it may use any address. */
  readonly named: readonly UnitAddress[];
  /** Checked at each dial, since addresses change. */
  readonly own: () => readonly OwnAddress[];
}

/**
 * Which addresses this base connects to. Its hub, or whoever controls it, may name any
 * address: one of this machine, for example, where programs trust local clients
 * (CWE-918). So loopback, link-local and the base's own addresses are dialled only if
 * the base's own file allows it; special addresses and cloud metadata services never.
 */
export class AddressPolicy {
  readonly #deps: AddressPolicyDeps;

  constructor(deps: AddressPolicyDeps) {
    this.#deps = deps;
  }

  /** @param ip as it is going to be dialled. @param wanted the unit's address, which may be a name. */
  allows(ip: string, wanted: UnitAddress): boolean {
    const host = parseHost(ip);
    if (!host || host.kind === 'name') return false;
    const own = this.#deps.own();
    const isBroadcast = host.kind === 'ipv4' && own.some((one) => broadcastOf(one) === host.text);
    const kind = addressKindOf(host);
    if (kind === 'unusable' || isBroadcast) return false;
    const isOwn = own.some(({ address }) => parseHost(address)?.text === host.text);
    return (kind === 'ordinary' && !isOwn) || this.#allowsLocal(wanted);
  }

  #allowsLocal({ host, port }: UnitAddress): boolean {
    const { allowsLocal, named } = this.#deps;
    return allowsLocal || named.some((one) => one.port === port && one.host === host);
  }
}

/** @returns those of all interfaces that are up. */
export function ownAddresses(): OwnAddress[] {
  return Object.values(networkInterfaces()).flatMap((addresses = []) =>
    addresses.map(({ address, netmask }) => ({ address, netmask })),
  );
}

/** The address by which a whole IPv4 network is meant; a network of one or two machines has none. */
function broadcastOf({ address, netmask }: OwnAddress): string | undefined {
  const [host, mask] = [parseHost(address), parseHost(netmask)];
  if (host?.kind !== 'ipv4' || mask?.kind !== 'ipv4') return undefined;
  if ((mask.bytes[3] ?? 0) >= 0xfe) return undefined;
  return host.bytes.map((byte, at) => byte | (~(mask.bytes[at] ?? 0) & 0xff)).join('.');
}
