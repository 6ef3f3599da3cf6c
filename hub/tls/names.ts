import { hostname, networkInterfaces } from 'node:os';
import { BlockList, isIP } from 'node:net';

/** Names and addresses under which a server can be reached. */
export interface ServerNames {
  readonly dns: readonly string[];
  readonly ip: readonly string[];
}

/** More would make the certificate too large to be useful. */
const MAX_NAMES = 100;

/** This machine's names and addresses, and the configured ones. */
export function machineNames(configured: readonly string[]): ServerNames {
  const host = hostname().toLowerCase();
  const addresses = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    // Link-local IPv6 addresses need a zone, which no certificate can carry.
    .filter((address) => !(address.family === 'IPv6' && address.address.startsWith('fe80')))
    .map((address) => address.address);
  return serverNames([
    'localhost',
    '127.0.0.1',
    '::1',
    host,
    ...(host.includes('.') || host === 'localhost' ? [] : [`${host}.local`]),
    ...addresses,
    ...configured,
  ]);
}

/** Sorts names from addresses; without repeats and in a stable order. */
export function serverNames(all: readonly string[]): ServerNames {
  const unique = [...new Set(all)].slice(0, MAX_NAMES);
  return {
    dns: unique.filter((name) => isIP(name) === 0).sort(),
    ip: unique.filter((name) => isIP(name) !== 0).sort(),
  };
}

/** Not to be reached from another network: RFC 1918, 6598, 3927 and 4193. */
const PRIVATE = new BlockList();
for (const [net, bits] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['169.254.0.0', 16],
] as const) {
  PRIVATE.addSubnet(net, bits, 'ipv4');
}
PRIVATE.addSubnet('fc00::', 7, 'ipv6');

/**
 * The names that mean something to other machines, for links: those that an
 * outsider can reach come first. The configured ones, public names and
 * addresses, those of the local network; where there is none, this machine's own.
 */
export function reachableHosts(names: ServerNames, configured: readonly string[]): string[] {
  const own = names.dns.filter((name) => name !== 'localhost' && name.includes('.'));
  const v4 = names.ip.filter((ip) => isIP(ip) === 4 && !ip.startsWith('127.'));
  const v6 = names.ip.filter((ip) => isIP(ip) === 6 && ip !== '::1');
  const isPublic = (ip: string) => !PRIVATE.check(ip, isIP(ip) === 4 ? 'ipv4' : 'ipv6');
  const isLocalName = (name: string) => /\.(local|lan|home|internal|localdomain)$/.test(name);
  const hosts = [
    ...configured.filter((name) => !name.startsWith('*.')),
    ...own.filter((name) => !isLocalName(name) && !name.startsWith('*.')),
    ...v4.filter(isPublic),
    ...v6.filter(isPublic),
    ...v4.filter((ip) => !isPublic(ip)),
    ...own.filter(isLocalName),
  ];
  return hosts.length > 0 ? [...new Set(hosts)] : ['localhost'];
}
