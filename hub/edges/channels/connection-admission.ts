import type { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Logger } from 'pino';
import { LruCache } from '#platform/lru-cache.ts';
import type { Clock } from '#platform/clock.ts';
import { addressKey } from '../admission/address-key.ts';
import type { TrustedProxies } from '../admission/trusted-proxies.ts';
import { TokenBucket } from '#platform/token-bucket.ts';
import { cutConnection } from './outbound-bound.ts';
import { PacketAdmission } from './packet-admission.ts';

/** Engine.IO's connection, as far as its declarations keep it back. */
export interface EngineConnection extends EventEmitter {
  readonly request: IncomingMessage & { readonly websocket?: EventEmitter };
  readonly close: (discard?: boolean) => void;
}

/**
 * Messages of one person or base, over all of its sockets: burst, and sustained rate
 * per second; more are refused.
 */
export const MESSAGES = { burst: 400, perSecond: 200 };
/** How long the peer may take to close a connection that the hub has closed. */
export const CLOSING_MS = 2_000;
/** Twice as many bases as a hub is made for. */
const MAX_BUDGETS = 20_000;

export interface ConnectionAdmissionDeps {
  /** Counts the refusals of one address; true beyond the limit. */
  readonly refused: (address: string) => boolean;
  readonly proxies: Pick<TrustedProxies, 'clientOf'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What connections, addresses and owners may cost the hub. */
export class ConnectionAdmission {
  readonly #deps: ConnectionAdmissionDeps;
  readonly #admissions = new WeakMap<object, PacketAdmission>();
  /** By owner; kept when its sockets go, so that a new socket is no new budget. */
  readonly #budgets = new LruCache<string, TokenBucket>(MAX_BUDGETS);

  constructor(deps: ConnectionAdmissionDeps) {
    this.#deps = deps;
  }

  /** From here every packet of a connection is seen before Socket.IO sees it. */
  watch(connection: EngineConnection): void {
    const { clock, log, refused, proxies } = this.#deps;
    const { socket } = connection.request;
    const { address } = proxies.clientOf(connection.request);
    const admission = new PacketAdmission({
      clock,
      receivedBytes: () => socket.bytesRead,
      cut: (code) => {
        // Repeated attempts do not fill the log.
        if (!refused(addressKey(address))) log.info({ code }, 'connection cut');
        connection.close(true);
        cutConnection(connection);
      },
    });
    this.#admissions.set(connection, admission);
    connection.on('packet', (packet: object) => admission.received(packet));
    connection.on('packetCreate', (packet: object) => admission.sent(packet));
    connection.request.websocket?.on('ping', () => admission.pinged());
    // A WebSocket waits half a minute for the other end to close as well.
    connection.once('close', () => {
      const cancelTimer = clock.after(CLOSING_MS, () => cutConnection(connection));
      socket.once('close', cancelTimer);
    });
  }

  /** The client is admitted. */
  accepted(connection: object): void {
    this.#admissions.get(connection)?.accepted();
  }

  budgetOf(owner: string): TokenBucket {
    const budget = this.#budgets.get(owner) ?? new TokenBucket(this.#deps.clock, MESSAGES);
    this.#budgets.set(owner, budget);
    return budget;
  }
}
