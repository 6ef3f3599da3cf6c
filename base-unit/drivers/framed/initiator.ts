import { AppError, type ErrorCode } from '#protocol/errors.ts';
import { Handshake, type HandshakeKind, type TicketSecret } from '#protocol/noise/handshake.ts';
import { KEY_BYTES, NO_BYTES, type NoiseCrypto } from '#protocol/noise/noise-crypto.ts';
import { fullFrame, parseOpening, prologueOf, resumeFrame } from '#protocol/noise/opening.ts';
import { SecureChannel } from '#protocol/noise/secure-channel.ts';
import { GoodbyeReason } from '#protocol/unit-link/unit_link_pb.ts';

export interface InitiatorDeps {
  readonly crypto: NoiseCrypto;
  /** The unit's, 32 bytes. */
  readonly key: Uint8Array;
  /** Of the connection before; used once, and overwritten then. */
  readonly ticket?: TicketSecret;
}

export type InitiatorStep =
  | { readonly kind: 'say'; readonly frame: Uint8Array }
  | {
      readonly kind: 'secured';
      readonly channel: SecureChannel;
      readonly ticket: TicketSecret;
      /** Whether a ticket spared the agreement of X25519. */
      readonly isResumed: boolean;
    }
  | { readonly kind: 'refused'; readonly code: ErrorCode };

/** The base's part of opening an encrypted link (docs/unit-link.md section 7). */
export class Initiator {
  readonly #deps: InitiatorDeps;
  #handshake: Handshake | undefined;
  #kind: HandshakeKind = 'full';

  constructor(deps: InitiatorDeps) {
    this.#deps = deps;
  }

  /** The first frame of the link. */
  start(): Uint8Array {
    const { ticket } = this.#deps;
    return ticket ? this.#begin('resume', ticket) : this.#begin('full');
  }

  /** Handles the body of a frame that arrived before the keys. */
  accept(body: Uint8Array): InitiatorStep {
    const opening = parseOpening(body, 'unit');
    switch (opening?.kind) {
      case 'full':
      case 'resume':
        return opening.kind === this.#kind ? this.#finish(opening.message) : this.#broken();
      case 'ticketRefused':
        if (this.#kind !== 'resume') return this.#broken();
        return { kind: 'say', frame: this.#begin('full') };
      case 'refusal':
        this.wipe();
        return { kind: 'refused', code: codeOf(opening.reason) };
      case undefined:
        return this.#broken();
      default:
        return opening satisfies never;
    }
  }

  wipe(): void {
    this.#wipeHandshake();
    this.#deps.ticket?.key.fill(0);
  }

  #begin(kind: HandshakeKind, ticket?: TicketSecret): Uint8Array {
    const { crypto, key } = this.#deps;
    this.#wipeHandshake();
    this.#kind = kind;
    const ticketId = ticket?.id ?? NO_BYTES;
    this.#handshake = new Handshake({
      crypto,
      kind,
      role: 'initiator',
      prologue: prologueOf(kind, ticketId),
      presharedKey: ticket?.key ?? key,
      ephemeral: crypto.randomBytes(KEY_BYTES),
    });
    ticket?.key.fill(0);
    const message = this.#handshake.write();
    // Only the second message needs the other side's key.
    if (!message) throw new AppError('internal');
    return kind === 'full' ? fullFrame(message) : resumeFrame(ticketId, message);
  }

  #finish(message: Uint8Array): InitiatorStep {
    const handshake = this.#handshake;
    if (!handshake) return this.#broken();
    if (!handshake.read(message)) {
      this.wipe();
      return { kind: 'refused', code: 'unit_key_wrong' };
    }
    const end = handshake.finish();
    this.#handshake = undefined;
    const isResumed = this.#kind === 'resume';
    return { kind: 'secured', channel: new SecureChannel(end), ticket: end.ticket, isResumed };
  }

  #wipeHandshake(): void {
    this.#handshake?.wipe();
    this.#handshake = undefined;
  }

  #broken(): InitiatorStep {
    this.wipe();
    return { kind: 'refused', code: 'unit_protocol_error' };
  }
}

/** Messages from before the keys may be forged, so they only explain; they allow nothing. */
function codeOf(reason: GoodbyeReason): ErrorCode {
  switch (reason) {
    case GoodbyeReason.WRONG_KEY:
      return 'unit_key_wrong';
    case GoodbyeReason.BUSY:
      return 'unit_busy';
    case GoodbyeReason.NO_HELLO:
    case GoodbyeReason.SILENT:
      return 'unit_timeout';
    case GoodbyeReason.PROTOCOL_ERROR:
      return 'unit_protocol_error';
    default:
      return 'unit_unreachable';
  }
}
