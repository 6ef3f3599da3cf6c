import { z } from 'zod';
import { LIMITS } from '../limits.ts';
import { formatLinkKey, parseLinkKey } from '../noise/link-key.ts';
import { DEFAULT_UNIT_PORT, UnitAddress } from '../unit-address.ts';

/** The text of a unit's QR code (docs/provisioning.md section 6). It contains the unit's key. */
export interface UnitLabel {
  readonly hardwareId: string;
  readonly address: UnitAddress;
  readonly key: Uint8Array;
}

const PREFIX = 'signalbox:unit?';
const MAX_CHARS = 500;

const Fields = z.object({
  v: z.literal('1'),
  id: z.string().min(1).max(LIMITS.unitLink.hardwareIdChars),
  host: UnitAddress.shape.host,
  port: z.coerce.number().pipe(UnitAddress.shape.port).default(DEFAULT_UNIT_PORT),
  key: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
});

export function formatUnitLabel({ hardwareId, address, key }: UnitLabel): string {
  const base64 = formatLinkKey(key);
  const fields = new URLSearchParams({
    v: '1',
    id: hardwareId,
    host: address.host,
    port: String(address.port),
    key: base64.slice(0, -1).replaceAll('+', '-').replaceAll('/', '_'),
  });
  return `${PREFIX}${fields.toString()}`;
}

/** Reads a label, white space around it or not; undefined when it is none. */
export function parseUnitLabel(text: string): UnitLabel | undefined {
  const trimmed = text.trim();
  if (!trimmed.startsWith(PREFIX) || trimmed.length > MAX_CHARS) return undefined;
  const parameters = new URLSearchParams(trimmed.slice(PREFIX.length));
  const fields = Fields.safeParse(Object.fromEntries(parameters));
  if (!fields.success) return undefined;
  const { id, host, port, key: digits } = fields.data;
  const key = parseLinkKey(`${digits.replaceAll('-', '+').replaceAll('_', '/')}=`);
  return key && { hardwareId: id, address: { host, port }, key };
}
