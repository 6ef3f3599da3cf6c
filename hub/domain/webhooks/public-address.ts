import { addressKindOf } from '#protocol/host.ts';
import { type Address, isInNetwork, type Network, parseNetwork } from '#protocol/network.ts';

/** Not of the public internet (RFC 6890 and the registries of special-purpose addresses). */
const SPECIAL_IPV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
].flatMap(network);

/** Everything public is in here ... */
const GLOBAL_IPV6 = network('2000::/3');
/** ... but for protocols, documentation, and addresses that stand for IPv4 ones. */
const SPECIAL_IPV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'].flatMap(network);

function network(text: string): Network[] {
  const parsed = parseNetwork(text);
  return parsed ? [parsed] : [];
}

/** Whether an address is one of the public internet: no private, local, or special one. */
export function isPublicAddress(address: Address): boolean {
  // Also the addresses of cloud machines' metadata.
  if (addressKindOf(address) !== 'ordinary') return false;
  const isIn = (networks: readonly Network[]) => networks.some((one) => isInNetwork(address, one));
  return address.kind === 'ipv4' ? !isIn(SPECIAL_IPV4) : isIn(GLOBAL_IPV6) && !isIn(SPECIAL_IPV6);
}
