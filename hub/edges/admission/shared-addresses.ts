import { addressKey } from './address-key.ts';

/** Stands for all loopback addresses of this machine. */
const LOOPBACK = 'loopback';

/**
 * Whether an address (as {@link addressKey} gives it) is shared by many clients, such
 * as that of a reverse proxy.
 */
export function sharedAddresses(listed: readonly string[]): (address: string) => boolean {
  const keys = new Set(listed.filter((entry) => entry !== LOOPBACK).map(addressKey));
  const hasLoopback = listed.includes(LOOPBACK);
  return (address) => keys.has(address) || (hasLoopback && isLoopback(address));
}

function isLoopback(address: string): boolean {
  // The key of ::1 is the first half of it, which nothing on a network has.
  return address.startsWith('127.') || address === '0:0:0:0';
}
