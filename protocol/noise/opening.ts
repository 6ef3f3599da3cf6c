import { encodeFrame } from '../frame/encode-frame.ts';
import { GoodbyeReason } from '../unit-link/unit_link_pb.ts';
import { FRAME_MAGIC, FRAME_VERSION } from '../frame/frame.ts';
import { concatBytes, KEY_BYTES, NO_BYTES, TAG_BYTES } from './noise-crypto.ts';
import { type HandshakeKind, TICKET_ID_BYTES } from './handshake.ts';

/**
 * Messages on an encrypted link before it has keys (docs/unit-link.md section 7.2); the
 * first byte of a body tells which.
 */
const OPENING = { full: 1, resume: 2, refusal: 3, ticketRefused: 4 } as const;

const MESSAGE_BYTES = KEY_BYTES + TAG_BYTES;

export type Opening =
  | {
      readonly kind: 'full' | 'resume';
      readonly ticketId: Uint8Array;
      readonly message: Uint8Array;
    }
  | { readonly kind: 'refusal'; readonly reason: GoodbyeReason }
  | { readonly kind: 'ticketRefused' };

/** Mixed into each handshake, so that both sides mean the same kind and version of link. */
export function prologueOf(kind: HandshakeKind, ticketId: Uint8Array = NO_BYTES): Uint8Array {
  const name = new TextEncoder().encode('signalbox-unit-link');
  const form = Uint8Array.of(FRAME_MAGIC.encrypted, FRAME_VERSION, OPENING[kind]);
  return concatBytes(name, form, ticketId);
}

export function fullFrame(message: Uint8Array): Uint8Array {
  return openingFrame(OPENING.full, message);
}

/** The base's: its ticket, and the message. */
export function resumeFrame(ticketId: Uint8Array, message: Uint8Array): Uint8Array {
  return openingFrame(OPENING.resume, ticketId, message);
}

/** The unit's. */
export function resumedFrame(message: Uint8Array): Uint8Array {
  return openingFrame(OPENING.resume, message);
}

export function refusalFrame(reason: GoodbyeReason): Uint8Array {
  return openingFrame(OPENING.refusal, Uint8Array.of(reason));
}

export function ticketRefusedFrame(): Uint8Array {
  return openingFrame(OPENING.ticketRefused);
}

/** Reads a body; undefined if it is not one that `from` may send. */
export function parseOpening(body: Uint8Array, from: 'base' | 'unit'): Opening | undefined {
  const rest = body.slice(1);
  switch (body[0]) {
    case OPENING.full:
      return rest.length === MESSAGE_BYTES
        ? { kind: 'full', ticketId: NO_BYTES, message: rest }
        : undefined;
    case OPENING.resume: {
      const idBytes = from === 'base' ? TICKET_ID_BYTES : 0;
      if (rest.length !== idBytes + MESSAGE_BYTES) return undefined;
      const ticketId = rest.subarray(0, idBytes);
      return { kind: 'resume', ticketId, message: rest.subarray(idBytes) };
    }
    case OPENING.refusal:
      return from === 'unit' && rest.length === 1
        ? { kind: 'refusal', reason: reasonOf(rest[0] ?? 0) }
        : undefined;
    case OPENING.ticketRefused:
      return from === 'unit' && rest.length === 0 ? { kind: 'ticketRefused' } : undefined;
    default:
      return undefined;
  }
}

function reasonOf(number: number): GoodbyeReason {
  const known = Object.values(GoodbyeReason).find((reason) => reason === number);
  return typeof known === 'number' ? known : GoodbyeReason.UNSPECIFIED;
}

function openingFrame(kind: number, ...parts: readonly Uint8Array[]): Uint8Array {
  return encodeFrame(concatBytes(Uint8Array.of(kind), ...parts), 'encrypted');
}
