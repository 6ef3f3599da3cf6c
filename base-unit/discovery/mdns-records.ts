import { z } from 'zod';
import type { MdnsRecord } from './mdns-link.ts';

/** More than a unit's announcement has; the rest of a packet is ignored. */
const MAX_RECORDS_PER_PACKET = 32;
const MAX_TEXT_ENTRIES = 16;

const Name = z
  .string()
  .max(255)
  .transform((name) => name.toLowerCase());
const Common = { name: Name, ttl: z.int().nonnegative().catch(0) };
const Answer = z.discriminatedUnion('type', [
  z.object({ ...Common, type: z.literal('PTR'), data: Name }),
  z.object({
    ...Common,
    type: z.literal('SRV'),
    data: z.object({ target: Name, port: z.int().min(1).max(65_535) }),
  }),
  z.object({ ...Common, type: z.literal('TXT'), data: z.array(z.instanceof(Uint8Array)) }),
  z.object({ ...Common, type: z.literal('A'), data: z.ipv4() }),
]);

/** Those records of a packet that units announce themselves by. */
export function readMdnsRecords(packet: readonly unknown[]): MdnsRecord[] {
  return packet.slice(0, MAX_RECORDS_PER_PACKET).flatMap((one) => recordOf(one) ?? []);
}

function recordOf(answer: unknown): MdnsRecord | undefined {
  const parsed = Answer.safeParse(answer);
  if (!parsed.success) return undefined;
  const { name, ttl: ttlS, ...record } = parsed.data;
  switch (record.type) {
    case 'PTR':
      return { type: 'PTR', name, ttlS, target: record.data };
    case 'SRV':
      return { type: 'SRV', name, ttlS, ...record.data };
    case 'TXT':
      return { type: 'TXT', name, ttlS, entries: entriesOf(record.data) };
    case 'A':
      return { type: 'A', name, ttlS, ip: record.data };
  }
}

/** RFC 6763 section 6: `key=value`, of which the first of a key counts. */
function entriesOf(texts: readonly Uint8Array[]): Record<string, string> {
  const entries = texts.slice(0, MAX_TEXT_ENTRIES).map((bytes): [string, string] => {
    const text = Buffer.from(bytes).toString('utf8');
    const cut = text.indexOf('=');
    return cut < 0
      ? [text.toLowerCase(), '']
      : [text.slice(0, cut).toLowerCase(), text.slice(cut + 1)];
  });
  return Object.fromEntries(entries.reverse());
}
