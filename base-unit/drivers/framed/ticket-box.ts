import type { TicketSecret } from '#protocol/noise/handshake.ts';

/** As the unit counts, and an hour less, since its day began a little earlier (docs/unit-link.md section 7.5). */
const MAX_USES = 100;
const MAX_AGE_MS = 23 * 3_600_000;

interface Kept {
  readonly ticket: TicketSecret;
  readonly key: Uint8Array;
  readonly bornAtMs: number;
  readonly uses: number;
}

export interface FreshTicket {
  readonly ticket: TicketSecret;
  /** The unit's key, under which it was made. */
  readonly key: Uint8Array;
  /** Whether the connection that made it was itself opened by a ticket. */
  readonly isResumed: boolean;
}

/** The ticket for the next connection to one unit. In memory only: a restart costs a full handshake. */
export class TicketBox {
  #kept: Kept | undefined;
  /** How the last used ticket was created. */
  #root = { bornAtMs: 0, uses: 0 };

  /** The ticket, if there is one that may be used; it is gone from here then. */
  use(key: Uint8Array, nowMs: number): TicketSecret | undefined {
    const kept = this.#kept;
    this.#kept = undefined;
    if (!kept) return undefined;
    const isOld = kept.uses >= MAX_USES || nowMs - kept.bornAtMs >= MAX_AGE_MS;
    const isOthers = key.some((byte, index) => byte !== kept.key[index]);
    if (isOld || isOthers) {
      kept.ticket.key.fill(0);
      return undefined;
    }
    this.#root = { bornAtMs: kept.bornAtMs, uses: kept.uses };
    return kept.ticket;
  }

  put({ ticket, key, isResumed }: FreshTicket, nowMs: number): void {
    this.clear();
    const { bornAtMs, uses } = isResumed ? this.#root : { bornAtMs: nowMs, uses: -1 };
    this.#kept = { ticket, key: Uint8Array.from(key), bornAtMs, uses: uses + 1 };
  }

  clear(): void {
    this.#kept?.ticket.key.fill(0);
    this.#kept = undefined;
  }
}
