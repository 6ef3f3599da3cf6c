/** A host in canonical form: each address has only one spelling. */
export type Host =
  | { readonly kind: 'ipv4' | 'ipv6'; readonly text: string; readonly bytes: readonly number[] }
  | { readonly kind: 'name'; readonly text: string };

/** What an address is for. Only `ordinary` ones are those of other machines in a network. */
export type AddressKind = 'ordinary' | 'loopback' | 'link-local' | 'unusable';

const OCTET = /^(?:0|[1-9]\d{0,2})$/;
const NAME =
  /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;
/** A last label like this makes resolvers read the whole as an IPv4 address, in ways of their own: `127.1`, `0x7f000001`. */
const NUMBER = /^(?:\d+|0x[0-9a-f]*)$/;
const GROUP = /^[0-9a-f]{1,4}$/;
const GROUPS = 8;

/**
 * Metadata addresses of cloud machines: AWS and others (also link-local, and by IPv6),
 * Azure, Alibaba, Oracle. No unit is ever there.
 */
const METADATA = [
  '169.254.169.254',
  'fd00:ec2::254',
  '168.63.129.16',
  '100.100.100.200',
  '192.0.0.192',
];

/**
 * Reads a host: four decimal numbers, an IPv6 address (RFC 5952), or a name.
 * An IPv4 address inside an IPv6 one is that address. What one program might
 * read as another address than the next does is none at all: `2130706433`,
 * `127.1`, `0177.0.0.1`, `fe80::1%eth0`.
 */
export function parseHost(text: string): Host | undefined {
  const lower = text.toLowerCase();
  if (lower.includes(':')) return parseIpv6(lower);
  const bytes = parseIpv4(lower);
  if (bytes) return ipv4(bytes);
  const last = lower.slice(lower.lastIndexOf('.') + 1);
  return NAME.test(lower) && !NUMBER.test(last) ? { kind: 'name', text: lower } : undefined;
}

/** What an IP address is for (RFC 6890, and the registries it refers to). */
export function addressKindOf({ kind, text, bytes }: Exclude<Host, { kind: 'name' }>): AddressKind {
  if (METADATA.includes(text)) return 'unusable';
  return kind === 'ipv4' ? kindOfIpv4(bytes) : kindOfIpv6(bytes);
}

function kindOfIpv4([a = 0, b = 0]: readonly number[]): AddressKind {
  if (a === 127) return 'loopback';
  if (a === 169 && b === 254) return 'link-local';
  // This network; multicast, reserved and broadcast.
  return a === 0 || a >= 224 ? 'unusable' : 'ordinary';
}

function kindOfIpv6(bytes: readonly number[]): AddressKind {
  const [a = 0, b = 0] = bytes;
  const areZero = (to: number) => bytes.slice(0, to).every((byte) => byte === 0);
  if (areZero(15) && bytes[15] === 1) return 'loopback';
  if (a === 0xfe && (b & 0xc0) === 0x80) return 'link-local';
  // Unspecified, and misleading spellings of IPv4 addresses.
  if (areZero(8) || (a === 0 && b === 0x64) || (a === 0x20 && b === 0x02)) return 'unusable';
  return a === 0xff ? 'unusable' : 'ordinary';
}

function ipv4(bytes: readonly number[]): Host {
  return { kind: 'ipv4', text: bytes.join('.'), bytes };
}

function parseIpv4(text: string): number[] | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => OCTET.test(part))) return undefined;
  const bytes = parts.map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes : undefined;
}

function parseIpv6(text: string): Host | undefined {
  const groups = groupsOf(text);
  if (!groups) return undefined;
  const bytes = groups.flatMap((group) => [group >> 8, group & 0xff]);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  return isMapped ? ipv4(bytes.slice(12)) : { kind: 'ipv6', text: formatIpv6(groups), bytes };
}

function groupsOf(text: string): number[] | undefined {
  const halves = text.split('::');
  // An IPv4 address can only be at the end.
  if (halves.length > 2 || (halves.length === 2 && halves[0]?.includes('.'))) return undefined;
  const [head, tail] = halves.map(readGroups);
  if (!head) return undefined;
  if (halves.length === 1) return head.length === GROUPS ? head : undefined;
  if (!tail || head.length + tail.length >= GROUPS) return undefined;
  return [...head, ...Array<number>(GROUPS - head.length - tail.length).fill(0), ...tail];
}

/** Groups of 16 bits; the last may be an IPv4 address, which are two. */
function readGroups(text: string): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    const bytes = index === parts.length - 1 ? parseIpv4(part) : undefined;
    if (bytes) {
      const [a = 0, b = 0, c = 0, d = 0] = bytes;
      groups.push(a * 256 + b, c * 256 + d);
    } else if (GROUP.test(part)) {
      groups.push(Number.parseInt(part, 16));
    } else {
      return undefined;
    }
  }
  return groups;
}

/** RFC 5952 section 4: no leading zeros, and the first of the longest runs of zeros shortened. */
function formatIpv6(groups: readonly number[]): string {
  let [start, length] = [-1, 1];
  for (let from = 0; from < groups.length; from += 1) {
    let to = from;
    while (groups[to] === 0) to += 1;
    if (to - from > length) [start, length] = [from, to - from];
  }
  const hex = (some: readonly number[]) => some.map((group) => group.toString(16)).join(':');
  if (start < 0) return hex(groups);
  return `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`;
}
