import { Handshake, type HandshakeKind, type TicketSecret } from '#protocol/noise/handshake.ts';
import { KEY_BYTES, type NoiseCrypto } from '#protocol/noise/noise-crypto.ts';
import {
  fullFrame,
  type Opening,
  parseOpening,
  prologueOf,
  refusalFrame,
  resumedFrame,
  ticketRefusedFrame,
} from '#protocol/noise/opening.ts';
import { SecureChannel } from '#protocol/noise/secure-channel.ts';
import { GoodbyeReason } from '#protocol/unit-link/unit_link_pb.ts';
import type { TicketSlot, UnitTicket } from './ticket-slot.ts';

export interface ResponderDeps {
  readonly crypto: NoiseCrypto;
  /** This unit's own, 32 bytes. */
  readonly key: Uint8Array;
  readonly tickets: TicketSlot;
  readonly nowMs: () => number;
}

export type ResponderStep =
  | {
      readonly kind: 'secured';
      readonly frame: Uint8Array;
      readonly channel: SecureChannel;
      /** Good once the peer has proved with a frame that it has the keys. */
      readonly ticket: UnitTicket;
    }
  /** The ticket was none; the peer may still shake hands in full. */
  | { readonly kind: 'say'; readonly frame: Uint8Array }
  | { readonly kind: 'refused'; readonly frame: Uint8Array };

/** The unit's answer to the first frame of an encrypted link (docs/unit-link.md section 7). */
export function answerOpening(body: Uint8Array, deps: ResponderDeps): ResponderStep {
  const opening = parseOpening(body, 'base');
  switch (opening?.kind) {
    case 'full':
      return shakeHands(opening, { ...deps, bornAtMs: deps.nowMs(), uses: 0 });
    case 'resume': {
      const ticket = deps.tickets.find(opening.ticketId, deps.nowMs());
      if (!ticket) return { kind: 'say', frame: ticketRefusedFrame() };
      return shakeHands(opening, { ...deps, ...ticket, uses: ticket.uses + 1 });
    }
    default:
      return { kind: 'refused', frame: refusalFrame(GoodbyeReason.PROTOCOL_ERROR) };
  }
}

interface Shake extends Omit<UnitTicket, 'id'> {
  readonly crypto: NoiseCrypto;
  readonly tickets: TicketSlot;
}

function shakeHands(
  { kind, ticketId, message }: Extract<Opening, { kind: HandshakeKind }>,
  { crypto, key, tickets, bornAtMs, uses }: Shake,
): ResponderStep {
  const handshake = new Handshake({
    crypto,
    kind,
    role: 'responder',
    prologue: prologueOf(kind, ticketId),
    presharedKey: key,
    ephemeral: crypto.randomBytes(KEY_BYTES),
  });
  const answer = handshake.read(message) && handshake.write();
  if (!answer) {
    handshake.wipe();
    return { kind: 'refused', frame: refusalFrame(GoodbyeReason.WRONG_KEY) };
  }
  // Only now: a peer who only saw its number must not be able to use it up.
  if (kind === 'resume') tickets.clear();
  const end = handshake.finish();
  const secret: TicketSecret = end.ticket;
  return {
    kind: 'secured',
    frame: kind === 'full' ? fullFrame(answer) : resumedFrame(answer),
    channel: new SecureChannel(end),
    ticket: { ...secret, bornAtMs, uses },
  };
}
