import { z } from 'zod';
import { LIMITS } from '../limits.ts';
import { concatBytes, KEY_BYTES, NO_BYTES, type NoiseCrypto } from '../noise/noise-crypto.ts';
import type { SerialPacket } from './serial-packet.ts';
import { encodeTexts, readTexts } from './text-list.ts';

/** Our own packets of docs/provisioning.md section 4. */
const TYPE = {
  identify: 0x01,
  acceptKey: 0x02,
  identity: 0x81,
  keyStored: 0x82,
  refused: 0x8f,
} as const;
const FLAG = { hasWifi: 1, hasKey: 2, isConnected: 4 } as const;
const REFUSALS: Readonly<Record<number, RefusalReason>> = {
  1: 'malformed',
  2: 'unknown_type',
  3: 'not_kept',
};
const PURPOSE = 'signalbox-provisioned';

export const CHALLENGE_BYTES = 16;
const PROOF_BYTES = 32;
/** Flags, port and address. */
const FIXED_BYTES = 7;

export type RefusalReason = 'malformed' | 'unknown_type' | 'not_kept';

/** A label of RFC 1123, as long as units keep one. */
export const HostLabel = z
  .string()
  .max(32)
  .regex(/^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$/, 'must be letters, digits and inner hyphens');

const Texts = z.tuple([
  z.string().min(1).max(LIMITS.unitLink.hardwareIdChars),
  z.string().max(LIMITS.unitLink.modelChars),
  z.string().max(LIMITS.unitLink.firmwareVersionChars),
  z.union([z.literal(''), HostLabel]),
]);

/** A unit's description of itself on its serial port. */
export interface SerialIdentity {
  readonly hardwareId: string;
  readonly model: string;
  readonly firmwareVersion: string;
  /** '' until one was given. */
  readonly hostName: string;
  readonly port: number;
  /** Dotted; undefined without one. */
  readonly ip: string | undefined;
  readonly hasWifi: boolean;
  readonly hasKey: boolean;
  readonly isConnected: boolean;
}

export type KeyAnswer =
  | { readonly kind: 'identity'; readonly identity: SerialIdentity }
  | { readonly kind: 'key_stored'; readonly proof: Uint8Array }
  | { readonly kind: 'refused'; readonly reason: RefusalReason };

export function identifyPacket(): SerialPacket {
  return { family: 'SIGBOX', type: TYPE.identify, data: NO_BYTES };
}

export interface KeyToAccept {
  readonly key: Uint8Array;
  readonly challenge: Uint8Array;
  /** '' leaves the one there is. */
  readonly hostName: string;
}

/** @throws RangeError for a key or a challenge of another size. */
export function acceptKeyPacket({ key, challenge, hostName }: KeyToAccept): SerialPacket {
  if (key.length !== KEY_BYTES || challenge.length !== CHALLENGE_BYTES) {
    throw new RangeError('a key has 32 bytes, a challenge 16');
  }
  const data = concatBytes(key, challenge, encodeTexts(hostName));
  return { family: 'SIGBOX', type: TYPE.acceptKey, data };
}

/** What a unit answers when it keeps the key. */
export function keyProof(
  crypto: Pick<NoiseCrypto, 'hmacSha256'>,
  { key, challenge, hardwareId }: Omit<KeyToAccept, 'hostName'> & { readonly hardwareId: string },
): Uint8Array {
  const text = new TextEncoder();
  return crypto.hmacSha256(
    key,
    concatBytes(text.encode(PURPOSE), challenge, text.encode(hardwareId)),
  );
}

/** A unit's answer; undefined if it is not a well-formed one. */
export function readKeyAnswer({ family, type, data }: SerialPacket): KeyAnswer | undefined {
  if (family !== 'SIGBOX') return undefined;
  if (type === TYPE.identity) {
    const identity = readIdentity(data);
    return identity && { kind: 'identity', identity };
  }
  if (type === TYPE.keyStored) {
    return data.length === PROOF_BYTES ? { kind: 'key_stored', proof: data } : undefined;
  }
  if (type !== TYPE.refused || data.length !== 1) return undefined;
  return { kind: 'refused', reason: REFUSALS[data[0] ?? 0] ?? 'malformed' };
}

function readIdentity(data: Uint8Array): SerialIdentity | undefined {
  if (data.length < FIXED_BYTES) return undefined;
  const [flags = 0, high = 0, low = 0] = data;
  const texts = Texts.safeParse(readTexts(data.subarray(FIXED_BYTES)));
  if (!texts.success) return undefined;
  const [hardwareId, model, firmwareVersion, hostName] = texts.data;
  const address = data.subarray(3, FIXED_BYTES);
  return {
    hardwareId,
    model,
    firmwareVersion,
    hostName,
    port: high * 256 + low,
    ip: address.every((byte) => byte === 0) ? undefined : address.join('.'),
    hasWifi: (flags & FLAG.hasWifi) !== 0,
    hasKey: (flags & FLAG.hasKey) !== 0,
    isConnected: (flags & FLAG.isConnected) !== 0,
  };
}
