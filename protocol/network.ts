import { addressKindOf, type Host, parseHost } from './host.ts';

/** Stands for all loopback addresses of this machine. */
const LOOPBACK = 'loopback';

export type Address = Exclude<Host, { kind: 'name' }>;

/** The addresses whose first bits are these. */
export interface Network {
  readonly kind: Address['kind'] | typeof LOOPBACK;
  readonly bytes: readonly number[];
  readonly bits: number;
}

/** An address, without a zone; one inside an IPv6 address that maps it is that. */
export function parseAddress(text: string): Address | undefined {
  const [bare = ''] = text.split('%');
  const host = parseHost(bare);
  return host === undefined || host.kind === 'name' ? undefined : host;
}

/** `loopback`, an address, or a network such as `10.0.0.0/8`. */
export function parseNetwork(text: string): Network | undefined {
  if (text === LOOPBACK) return { kind: LOOPBACK, bytes: [], bits: 0 };
  const [host = '', length, ...rest] = text.split('/');
  const address = parseAddress(host);
  if (!address || rest.length > 0) return undefined;
  const all = address.bytes.length * 8;
  const isLength = length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= all);
  if (!isLength) return undefined;
  const { kind, bytes } = address;
  return { kind, bytes, bits: length === undefined ? all : Number(length) };
}

export function isInNetwork(address: Address, { kind, bytes, bits }: Network): boolean {
  if (kind === LOOPBACK) return addressKindOf(address) === 'loopback';
  if (address.kind !== kind) return false;
  return bytes.every((byte, index) => {
    const own = Math.min(8, Math.max(0, bits - index * 8));
    const mask = (0xff << (8 - own)) & 0xff;
    return (byte & mask) === ((address.bytes[index] ?? 0) & mask);
  });
}
