import type { TicketSecret } from '#protocol/noise/handshake.ts';
import type { NoiseCrypto } from '#protocol/noise/noise-crypto.ts';

/** A ticket, and how far it is from the full handshake at its root. */
export interface UnitTicket extends TicketSecret {
  /** When the full handshake was. */
  readonly bornAtMs: number;
  /** Connections that were resumed since. */
  readonly uses: number;
}

/** docs/unit-link.md section 7.5. */
const MAX_USES = 100;
const MAX_AGE_MS = 86_400_000;

/** The one ticket that a unit holds: of its last peer, until it is used, replaced or too old. */
export class TicketSlot {
  readonly #crypto: NoiseCrypto;
  #ticket: UnitTicket | undefined;

  constructor(crypto: NoiseCrypto) {
    this.#crypto = crypto;
  }

  /** The ticket of this number, if it may still be used. */
  find(id: Uint8Array, nowMs: number): UnitTicket | undefined {
    const ticket = this.#ticket;
    if (!ticket || !this.#crypto.isEqual(ticket.id, id)) return undefined;
    if (ticket.uses < MAX_USES && nowMs - ticket.bornAtMs < MAX_AGE_MS) return ticket;
    this.clear();
    return undefined;
  }

  put(ticket: UnitTicket): void {
    this.clear();
    this.#ticket = ticket;
  }

  clear(): void {
    this.#ticket?.key.fill(0);
    this.#ticket = undefined;
  }
}
