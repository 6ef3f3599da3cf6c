import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import { addressKey } from '../admission/address-key.ts';

export interface ConnectionBounds {
  /** Per listener: 10,000 bases, each with a socket and an occasional request. */
  readonly inAll: number;
  /** From one address: an office of bases and browsers behind one router. */
  readonly perAddress: number;
  /** Requests of one connection that are not answered yet (pipelining). */
  readonly requestsPerConnection: number;
}

export const DEFAULT_CONNECTION_BOUNDS: ConnectionBounds = {
  inAll: 20_000,
  perAddress: 512,
  requestsPerConnection: 8,
};

/** How long a connection may keep the hub waiting, by phase. */
export interface ConnectionTimes {
  /** The end of the TLS handshake. */
  readonly tlsHandshakeMs: number;
  /** The headers of a request, from the moment it may begin. */
  readonly headersMs: number;
  /** A whole request. */
  readonly requestMs: number;
  /** The next request. */
  readonly keepAliveMs: number;
  /** Any activity while a request is handled or its answer is sent; above the longest wait. */
  readonly silentMs: number;
  /** The next part of an answer to be accepted by the other side. */
  readonly writeMs: number;
  /** The rest of a body that is no longer read. */
  readonly closeAfterMs: number;
}

export const DEFAULT_CONNECTION_TIMES: ConnectionTimes = {
  tlsHandshakeMs: 10_000,
  headersMs: 10_000,
  requestMs: 30_000,
  keepAliveMs: 72_000,
  silentMs: 45_000,
  writeMs: 60_000,
  closeAfterMs: 2_000,
};

export interface ConnectionsDeps {
  readonly bounds: ConnectionBounds;
  readonly times: ConnectionTimes;
  /** Whether this address is shared by many clients, such as that of a reverse proxy. */
  readonly isShared: (address: string) => boolean;
  /** Whether this address is that of a trusted proxy. */
  readonly isProxy: (address: string) => boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

interface Conversation {
  readonly exchanges: Set<Exchange>;
  /** What had left when it was last looked at, and when that last changed. */
  sentBytes: number;
  sentAtMs: number;
}

/** Times of one kind are looked at so many times within themselves. */
const LOOKS = 4;

/** The connections of the listeners: how many there may be, and what ends each of them. */
export class Connections {
  readonly #deps: ConnectionsDeps;
  readonly #byAddress = new Map<string, number>();
  /** Those that a request has come on. */
  readonly #conversations = new Map<Socket, Conversation>();
  readonly #lingering = new Map<Socket, CancelTimer>();
  #open = 0;
  #turnedAway = 0;
  #isDraining = false;
  #cancelDrainCheck: CancelTimer | undefined;

  constructor(deps: ConnectionsDeps) {
    this.#deps = deps;
  }

  get gauges(): Readonly<
    Record<'connections' | 'addresses' | 'unanswered' | 'lingering' | 'conversations', number>
  > {
    return {
      connections: this.#open,
      addresses: this.#byAddress.size,
      conversations: this.#conversations.size,
      unanswered: this.unanswered,
      lingering: this.#lingering.size,
    };
  }

  /** To be called last of all who put themselves before a listener's connections. */
  bound(server: Server | SecureServer): void {
    const { bounds, times } = this.#deps;
    server.maxConnections = bounds.inAll;
    server.timeout = times.silentMs;
    const begin = server.listeners('connection');
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => {
      if (!this.admit(socket)) return;
      for (const listener of begin) Reflect.apply(listener, server, [socket]);
    });
  }

  /** From now on each answer is the last of its connection. */
  drain(): void {
    this.#isDraining = true;
    for (const { exchanges } of this.#conversations.values()) {
      for (const { response } of exchanges) response.shouldKeepAlive = false;
    }
  }

  /** Requests that are not answered yet. */
  get unanswered(): number {
    let unanswered = 0;
    for (const { exchanges } of this.#conversations.values()) unanswered += exchanges.size;
    return unanswered;
  }

  close(): void {
    this.#cancelDrainCheck?.();
    this.#cancelDrainCheck = undefined;
    for (const cancelTimer of this.#lingering.values()) cancelTimer();
    this.#lingering.clear();
  }

  /** Before anything is made of a request; false: its connection is ended. */
  accept(request: IncomingMessage, response: ServerResponse): boolean {
    const { socket } = request;
    // Reset already: it has no address any more, by which everything here counts.
    if (socket.destroyed || socket.remoteAddress === undefined) {
      socket.destroy();
      return false;
    }
    const { exchanges } = this.#conversationOn(socket);
    if (exchanges.size >= this.#deps.bounds.requestsPerConnection) {
      socket.destroy();
      return false;
    }
    if (this.#isDraining) response.shouldKeepAlive = false;
    const exchange = { request, response };
    exchanges.add(exchange);
    response.once('finish', () => {
      if (!request.complete) this.#closeSlowly(request);
    });
    response.once('close', () => exchanges.delete(exchange));
    return true;
  }

  /** Whether an answer is due on this connection, so that nothing else may be written to it. */
  owesAnswer(socket: Socket): boolean {
    const { exchanges } = this.#conversations.get(socket) ?? { exchanges: [] };
    for (const { request, response } of exchanges) {
      if (request.complete || response.headersSent) return true;
    }
    return false;
  }

  /** Counts a connection by its address; false: there are too many, and it is reset. */
  admit(socket: Socket): boolean {
    const { remoteAddress = '' } = socket;
    const address = addressKey(remoteAddress);
    const count = this.#byAddress.get(address) ?? 0;
    const { bounds, isShared, isProxy, log } = this.#deps;
    if (count >= bounds.perAddress && !isShared(address) && !isProxy(remoteAddress)) {
      this.#turnedAway += 1;
      // Logged once per doubling: repeated attempts do not fill the disk.
      if (Number.isInteger(Math.log2(this.#turnedAway))) {
        log.warn({ address, open: count, inAll: this.#turnedAway }, 'connections refused');
      }
      socket.resetAndDestroy();
      return false;
    }
    this.#byAddress.set(address, count + 1);
    this.#open += 1;
    socket.once('close', () => {
      this.#open -= 1;
      const left = (this.#byAddress.get(address) ?? 1) - 1;
      if (left > 0) this.#byAddress.set(address, left);
      else this.#byAddress.delete(address);
    });
    return true;
  }

  #conversationOn(socket: Socket): Conversation {
    const known = this.#conversations.get(socket);
    if (known) return known;
    const conversation = {
      exchanges: new Set<Exchange>(),
      sentBytes: 0,
      sentAtMs: this.#deps.clock.monotonicMs(),
    };
    this.#conversations.set(socket, conversation);
    socket.once('close', () => {
      this.#conversations.delete(socket);
      this.#lingering.get(socket)?.();
      this.#lingering.delete(socket);
    });
    this.#cancelDrainCheck ??= this.#armDrainCheck();
    return conversation;
  }

  /**
   * Its request was answered before it was received completely. Closing at once would
   * lose the answer before the peer has read it, so the rest is discarded for a while
   * first.
   */
  #closeSlowly(request: IncomingMessage): void {
    const { socket } = request;
    if (socket.destroyed || this.#lingering.has(socket)) return;
    const cancelTimer = this.#deps.clock.after(this.#deps.times.closeAfterMs, () =>
      socket.destroy(),
    );
    this.#lingering.set(socket, cancelTimer);
    request.once('end', () => {
      cancelTimer();
      this.#lingering.delete(socket);
    });
  }

  #armDrainCheck(): CancelTimer {
    return this.#deps.clock.after(this.#deps.times.writeMs / LOOKS, () => {
      const nowMs = this.#deps.clock.monotonicMs();
      for (const [socket, conversation] of this.#conversations) {
        this.#checkDrain(socket, conversation, nowMs);
      }
      this.#cancelDrainCheck = this.#conversations.size > 0 ? this.#armDrainCheck() : undefined;
    });
  }

  #checkDrain(socket: Socket, conversation: Conversation, nowMs: number): void {
    const sentBytes = socket.bytesWritten - socket.writableLength;
    if (socket.writableLength === 0 || sentBytes !== conversation.sentBytes) {
      conversation.sentBytes = sentBytes;
      conversation.sentAtMs = nowMs;
    } else if (nowMs - conversation.sentAtMs >= this.#deps.times.writeMs) {
      socket.destroy();
    }
  }
}
