import type { Socket } from 'socket.io-client';
import { z } from 'zod';
import { AppError, type ErrorCode, ErrorCodeSchema } from '#protocol/errors.ts';
import type { ChannelAuthorization } from '#protocol/http/channels.ts';
import {
  ChannelLeft,
  Closing,
  type ClientToHub,
  type HubToClient,
  JoinReply,
} from '#protocol/hub-link/socket-events.ts';
import { asAppError } from './http-client.ts';
import { isPassing, retryAfterMsOf } from './retry-after.ts';
import { Cell } from './cell.ts';
import type { Clock } from './clock.ts';
import { fullJitter } from './full-jitter.ts';
import { SiteDelta, type SiteResumed } from '#protocol/hub-link/site-channel.ts';
import type { SiteCursor } from '#protocol/site-cursor.ts';

export type HubSocket = Socket<HubToClient, ClientToHub>;

export type LinkState =
  /** For the first time. */
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** The hub was last heard at `sinceMs`; the next try is at `retryAtMs`. */
  | {
      readonly kind: 'waiting';
      readonly code: ErrorCode;
      readonly sinceMs: number;
      readonly retryAtMs: number;
    }
  /** Ended for good: the right to the channel is gone, or the hub said never. */
  | { readonly kind: 'stopped'; readonly code: ErrorCode };

type Occasion = 'first' | 'renewal' | 'resume';

/** The hub's answer to a join: its position, and what was missed. */
export interface SiteJoined {
  readonly cursor: SiteCursor | undefined;
  readonly resumed: SiteResumed | undefined;
}

interface ChannelClientDeps {
  readonly channel: string;
  /** A socket that neither connects nor reconnects automatically; its code may be loaded lazily. */
  readonly openSocket: () => HubSocket | Promise<HubSocket>;
  readonly authorize: (socketId: string, channel: string) => Promise<ChannelAuthorization>;
  /** The client's position; undefined: none yet. */
  readonly beginResume: () => SiteCursor | undefined;
  /** In the channel: deltas after `cursor` arrive here. */
  readonly onJoined: (joined: SiteJoined) => void;
  readonly onDelta: (delta: SiteDelta) => void;
  /** A delta that does not fit its schema: what we hold can no longer be trusted. */
  readonly onUnreadable: () => void;
  readonly clock: Clock;
  readonly random?: () => number;
}

const ACK_TIMEOUT_MS = 5_000;
/**
 * A link that lasted this long resets the backoff. One that fails sooner (for slowness,
 * say) would otherwise be opened twice a second.
 */
const STABLE_AFTER_MS = 10_000;
/** The grant is renewed when this much of it is left, or at half-time when it is shorter. */
const RENEW_BEFORE_MS = 5 * 60_000;
/** Codes after which trying again cannot help. */
const FINAL_CODES: ReadonlySet<ErrorCode> = new Set([
  'unauthenticated',
  'session_expired',
  'token_invalid',
  'origin_refused',
  'channel_forbidden',
  'channel_unknown',
  'site_unknown',
  'revoked',
]);

const ConnectError = z.object({ data: z.object({ code: ErrorCodeSchema }) });

/** The close frame with which a hub ends a connection for now (docs/channels.md section 1). */
const TryAgainLater = z.object({
  context: z.object({ code: z.literal(1013), reason: ErrorCodeSchema }),
});

/**
 * One connection to the hub and one channel on it (docs/channels.md sections 1 to 3):
 * authorizes, joins, renews the grant, and reconnects with full jitter.
 */
export class ChannelClient {
  readonly status = new Cell<LinkState>({ kind: 'connecting' });
  readonly #deps: ChannelClientDeps;
  #phase: 'new' | 'open' | 'closed' = 'new';
  #socket: HubSocket | undefined;
  #attempts = 0;
  #liveSinceMs: number | undefined;
  /** A silent link is noticed after at most this time: what is shown may be this old. */
  #heardMs: number | undefined;
  #cancelReconnect: (() => void) | undefined;
  #cancelRenewal: (() => void) | undefined;
  #announced: z.infer<typeof Closing> | undefined;

  constructor(deps: ChannelClientDeps) {
    this.#deps = deps;
  }

  start(): void {
    if (this.#phase !== 'new') return;
    this.#phase = 'open';
    void this.#open();
  }

  async #open(): Promise<void> {
    try {
      const socket = await this.#deps.openSocket();
      if (this.#phase === 'open') this.#listen(socket);
    } catch {
      this.#cut('hub_unreachable');
    }
  }

  #listen(socket: HubSocket): void {
    this.#socket = socket;
    socket.on('connect', () => void this.#join(socket, 'first'));
    socket.on('connect_error', (error) => {
      const parsed = ConnectError.safeParse(error);
      this.#cut(parsed.success ? parsed.data.data.code : 'hub_unreachable');
    });
    socket.on('disconnect', (_reason, details) => {
      const closed = TryAgainLater.safeParse(details).data?.context.reason;
      this.#cut(this.#announced?.code ?? closed ?? 'hub_unreachable');
    });
    socket.on('closing', (message) => {
      const parsed = Closing.safeParse(message);
      if (parsed.success) this.#announced = parsed.data;
    });
    socket.on('channel.left', (message) => this.#left(socket, message));
    socket.io.on('ping', this.#heard);
    socket.onAny((name: string, delta: unknown) => {
      this.#heard();
      if (name !== 'site.delta') return;
      const parsed = SiteDelta.safeParse(delta);
      if (parsed.success) this.#deps.onDelta(parsed.data);
      else this.#deps.onUnreadable();
    });
    socket.connect();
  }

  /** Retries at once instead of at the end of the wait. */
  reconnectNow(): void {
    if (this.status.get().kind !== 'waiting') return;
    this.#connect();
  }

  close(): void {
    this.#phase = 'closed';
    this.#cancelReconnect?.();
    this.#cancelRenewal?.();
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.removeAllListeners();
    socket?.io.off('ping', this.#heard);
    socket?.offAny();
    socket?.disconnect();
  }

  readonly #heard = (): void => {
    this.#heardMs = this.#deps.clock.nowMs();
  };

  /** The state stays `waiting` meanwhile: an attempt is no news, only its success is. */
  #connect(): void {
    this.#cancelReconnect?.();
    if (this.#socket) this.#socket.connect();
    else void this.#open();
  }

  /** Requests, on the same connection, what was missed. */
  resume(): void {
    if (this.#socket?.connected === true) void this.#join(this.#socket, 'resume');
  }

  async #join(socket: HubSocket, occasion: Occasion): Promise<void> {
    try {
      const { id } = socket;
      if (id === undefined) throw new AppError('hub_unreachable');
      const { token } = await this.#deps.authorize(id, this.#deps.channel);
      const after = occasion === 'renewal' ? undefined : this.#deps.beginResume();
      const request = {
        channel: this.#deps.channel,
        token,
        ...(after === undefined ? {} : { after }),
      };
      const answer: unknown = await socket
        .timeout(ACK_TIMEOUT_MS)
        .emitWithAck('channel.join', request);
      const reply = JoinReply.parse(answer);
      if (!reply.ok) throw new AppError(reply.code);
      if (this.#socket !== socket || socket.id !== id) return;
      this.#joined(socket, reply, occasion);
    } catch (error) {
      const reason = asAppError(error);
      if (occasion === 'renewal' && isPassing(reason.code)) this.#renewLater(socket, reason);
      else this.#joinFailed(socket, reason.code, retryAfterMsOf(reason));
    }
  }

  #joined(
    socket: HubSocket,
    { grantExpiresAtMs, cursor, resumed }: Extract<JoinReply, { ok: true }>,
    occasion: Occasion,
  ): void {
    this.#announced = undefined;
    const leftMs = Math.max(0, grantExpiresAtMs - this.#deps.clock.nowMs());
    const renewInMs = Math.max(1_000, leftMs / 2, leftMs - RENEW_BEFORE_MS);
    this.#cancelRenewal?.();
    this.#cancelRenewal = this.#deps.clock.after(renewInMs, () => {
      void this.#join(socket, 'renewal');
    });
    if (occasion === 'renewal') return;
    if (occasion === 'first') this.#liveSinceMs = this.#deps.clock.nowMs();
    this.#heard();
    this.status.set({ kind: 'live' });
    this.#deps.onJoined({ cursor, resumed });
  }

  /** The grant is valid until its end, however busy the hub is: no reason to leave. */
  #renewLater(socket: HubSocket, reason: AppError): void {
    if (this.#socket !== socket || !socket.connected) return;
    const delayMs = Math.max(1_000, retryAfterMsOf(reason) + fullJitter(0, this.#deps.random));
    this.#cancelRenewal = this.#deps.clock.after(delayMs, () => {
      void this.#join(socket, 'renewal');
    });
  }

  /** A socket without its channel is useless: it is closed and reopened after a wait. */
  #joinFailed(socket: HubSocket, code: ErrorCode, retryAfterMs = 0): void {
    if (this.#socket !== socket) return;
    const reconnect = FINAL_CODES.has(code) ? 'never' : 'backoff';
    this.#announced = { code, reconnect, retryAfterMs };
    if (socket.connected) socket.disconnect();
    else this.#cut(code);
  }

  #left(socket: HubSocket, message: unknown): void {
    const parsed = ChannelLeft.safeParse(message);
    if (!parsed.success || parsed.data.channel !== this.#deps.channel) return;
    if (parsed.data.code === 'grant_expired') void this.#join(socket, 'first');
    else this.#joinFailed(socket, parsed.data.code);
  }

  #cut(code: ErrorCode): void {
    if (this.#phase !== 'open') return;
    this.#cancelRenewal?.();
    this.#cancelReconnect?.();
    const announced = this.#announced;
    this.#announced = undefined;
    if (announced?.reconnect === 'never' || FINAL_CODES.has(code)) {
      this.status.set({ kind: 'stopped', code });
      return;
    }
    const nowMs = this.#deps.clock.nowMs();
    if (this.#liveSinceMs !== undefined && nowMs - this.#liveSinceMs >= STABLE_AFTER_MS) {
      this.#attempts = 0;
    }
    const lastMs = this.#liveSinceMs === undefined ? nowMs : (this.#heardMs ?? nowMs);
    this.#liveSinceMs = undefined;
    // In addition to what the hub requests: otherwise all of its pages would return at the same
    // moment.
    const backoffMs =
      (announced?.retryAfterMs ?? 0) + fullJitter(this.#attempts, this.#deps.random);
    const delayMs = announced?.reconnect === 'now' ? 0 : backoffMs;
    this.#attempts += 1;
    const before = this.status.get();
    const sinceMs = before.kind === 'waiting' ? before.sinceMs : lastMs;
    this.status.set({ kind: 'waiting', code, sinceMs, retryAtMs: nowMs + delayMs });
    this.#cancelReconnect = this.#deps.clock.after(delayMs, () => this.#connect());
  }
}
