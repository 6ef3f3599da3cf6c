import { lookup } from 'node:dns/promises';
import { AppError } from '#protocol/errors.ts';
import { parseHost } from '#protocol/host.ts';
import type { UnitAddress } from '#protocol/unit-address.ts';
import type { Clock } from '#platform/clock.ts';
import type { AddressPolicy } from './address-policy.ts';
import {
  CONNECT_TIMEOUT_MS,
  type LinkEvents,
  type UnitLink,
  type UnitTransport,
} from './unit-transport.ts';

export interface CheckedTransportDeps {
  readonly clock: Clock;
  readonly transport: UnitTransport;
  readonly policy: Pick<AddressPolicy, 'allows'>;
  /** The current addresses of a name; empty if nobody has it. */
  readonly resolve: (name: string) => Promise<readonly string[]>;
}

/**
 * Dials only allowed addresses. A name is resolved at each dial, and the checked
 * address is the one that is dialled: a later DNS answer changes nothing.
 */
export class CheckedTransport implements UnitTransport {
  readonly #deps: CheckedTransportDeps;

  constructor(deps: CheckedTransportDeps) {
    this.#deps = deps;
  }

  readonly dial = async (address: UnitAddress, events: LinkEvents): Promise<UnitLink> => {
    const { transport, policy } = this.#deps;
    const host = parseHost(address.host);
    if (!host) throw new AppError('unit_address_refused');
    const wanted = { host: host.text, port: address.port };
    const addresses = host.kind === 'name' ? await this.#addressesOf(host.text) : [host.text];
    if (addresses.length === 0) throw new AppError('unit_name_unresolved');
    const ip = addresses.find((one) => policy.allows(one, wanted));
    if (ip === undefined) throw new AppError('unit_address_refused');
    return transport.dial({ host: parseHost(ip)?.text ?? ip, port: address.port }, events);
  };

  /** A silent DNS server delays a dial no longer than a silent unit. */
  async #addressesOf(name: string): Promise<readonly string[]> {
    const { clock, resolve } = this.#deps;
    return new Promise((found, fail) => {
      const cancel = clock.after(CONNECT_TIMEOUT_MS, () => {
        found([]);
      });
      resolve(name).then(found, fail).finally(cancel);
    });
  }
}

/**
 * Resolves `.local` names even if the system cannot: by multicast DNS, with the system
 * as fallback.
 */
export function nameResolver(
  local: { readonly resolve: (name: string) => Promise<string | undefined> } | undefined,
): CheckedTransportDeps['resolve'] {
  return async (name) => {
    const ip = name.endsWith('.local') ? await local?.resolve(name) : undefined;
    return ip === undefined ? addressesBySystem(name) : [ip];
  };
}

async function addressesBySystem(name: string): Promise<readonly string[]> {
  try {
    return (await lookup(name, { all: true, verbatim: true })).map(({ address }) => address);
  } catch {
    return [];
  }
}
