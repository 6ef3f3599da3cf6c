import {
  type Address,
  isInNetwork,
  type Network,
  parseAddress,
  parseNetwork,
} from '#protocol/network.ts';
import { isPublicAddress } from './public-address.ts';

/** The addresses of a name, or none. */
export type ResolveName = (name: string) => Promise<readonly string[]>;

/** Why the hub does not send somewhere. */
export type TargetRefusal =
  'url_invalid' | 'https_required' | 'user_info' | 'port' | 'name_unknown' | 'address';

export type TargetVerdict =
  | {
      readonly ok: true;
      /** Every one of them may be connected to. */
      readonly addresses: readonly [Address, ...Address[]];
    }
  | { readonly ok: false; readonly reason: TargetRefusal };

export interface TargetPolicyDeps {
  /** Networks of this installation that webhooks may be in, also without TLS. */
  readonly networks: readonly string[];
  readonly resolve: ResolveName;
}

/** The port of HTTPS, and those that need no privilege: no mail servers, no databases of old. */
const MIN_PORT = 1_024;
const HTTPS_PORT = 443;

/**
 * Where the hub sends to on behalf of others. Whoever adds a webhook chooses the address, so none
 * may lead to this machine or into its network, unless the settings name that network. A name is
 * as good as the worst of its addresses, and is looked up anew for each connection.
 */
export class TargetPolicy {
  readonly #networks: readonly Network[];
  readonly #resolve: ResolveName;

  constructor({ networks, resolve }: TargetPolicyDeps) {
    this.#networks = networks.flatMap((text) => parseNetwork(text) ?? []);
    this.#resolve = resolve;
  }

  async check(text: string): Promise<TargetVerdict> {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (!url || url.hostname === '') return refused('url_invalid');
    if (url.protocol !== 'https:' && url.protocol !== 'http:') return refused('https_required');
    if (url.username !== '' || url.password !== '') return refused('user_info');
    return await this.checkHost({
      hostname: url.hostname,
      port: url.port === '' ? null : Number(url.port),
      isSecure: url.protocol === 'https:',
    });
  }

  /** @param target.hostname as URLs have it: IPv6 addresses in brackets. */
  async checkHost(target: {
    readonly hostname: string;
    /** Null: the one of the protocol. */
    readonly port: number | null;
    readonly isSecure: boolean;
  }): Promise<TargetVerdict> {
    const { hostname, port, isSecure } = target;
    // URLs write each IPv4 address in one way, whatever it was typed as.
    const literal = parseAddress(hostname.replaceAll(/^\[|\]$/g, ''));
    const texts = literal ? [literal.text] : await this.#resolve(hostname);
    const parsed = texts.map(parseAddress);
    const addresses = parsed.flatMap((address) => address ?? []);
    const [first, ...others] = addresses;
    if (!first) return refused('name_unknown');
    if (addresses.length < parsed.length) return refused('address');
    if (!addresses.every((address) => this.isAllowed(address))) return refused('address');
    const isListed = addresses.every((address) => this.#isListed(address));
    if (!isSecure && !isListed) return refused('https_required');
    const isUsual = port === null || port === HTTPS_PORT || port >= MIN_PORT;
    return isUsual || isListed ? { ok: true, addresses: [first, ...others] } : refused('port');
  }

  /** Whether the hub connects to an address. */
  isAllowed(address: Address): boolean {
    return this.#isListed(address) || isPublicAddress(address);
  }

  #isListed(address: Address): boolean {
    return this.#networks.some((network) => isInNetwork(address, network));
  }
}

function refused(reason: TargetRefusal): TargetVerdict {
  return { ok: false, reason };
}
