import { hostname, networkInterfaces } from 'node:os';
import { isIP } from 'node:net';

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

/** The names that mean something to other machines, for links. */
export function reachableHosts(names: ServerNames): string[] {
  const dns = names.dns.filter((name) => name !== 'localhost' && name.includes('.'));
  const v4 = names.ip.filter((ip) => isIP(ip) === 4 && !ip.startsWith('127.'));
  return [...dns, ...v4];
}
