import type { Logger } from 'pino';
import type { Socket } from 'socket.io';
import { AppError, type ErrorCode } from '#protocol/errors.ts';
import { toRefusal } from '#protocol/hub-link/refusal.ts';
import { ResumeRequest } from '#protocol/hub-link/base-log.ts';
import { type Channel, channelName } from '#protocol/hub-link/channels.ts';
import {
  type Closing,
  CommandProgress,
  type JoinReply,
  JoinRequest,
  LeaveRequest,
} from '#protocol/hub-link/socket-events.ts';
import { UpdateTransfer } from '#protocol/hub-link/site-channel.ts';
import type { SiteCursor } from '#protocol/site-cursor.ts';
import type { BaseId, SiteId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { Principal } from '../../domain/accounts/principal.ts';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import type { CommandReports } from '../../domain/commands/command-reports.ts';
import type { UpdateTransfers } from '../../domain/rollouts/update-transfers.ts';
import { type Acknowledge, acknowledgeOf } from './acknowledge.ts';
import type { BaseSession } from './base-session.ts';
import type { ChannelAccess } from '../../domain/channels/channel-access.ts';
import type { ChannelTokens } from '../../domain/channels/channel-tokens.ts';
import { ChannelSubscriptions } from './channel-subscriptions.ts';
import type { TokenBucket } from '#platform/token-bucket.ts';
import { CLOSING_MS } from './connection-admission.ts';
import { closeForNow, cutConnection, waitingBytes } from './outbound-bound.ts';
import type { WallTimers } from '../../kernel/wall-timers.ts';
import type { SiteResume } from '../../delivery/site-resume.ts';

export interface ConnectionDeps {
  readonly socket: Socket;
  readonly caller: Principal;
  readonly tokens: ChannelTokens;
  readonly access: ChannelAccess;
  readonly reports: CommandReports;
  readonly transfers: UpdateTransfers;
  readonly resume: Pick<SiteResume, 'position' | 'after'>;
  /** The socket has joined the channel of a site, from this position on. */
  readonly watching: (siteId: SiteId, place: SiteCursor) => void;
  /** Of its owner. */
  readonly budget: TokenBucket;
  /** The hub stops: nobody begins anything here. */
  readonly isDraining: () => boolean;
  readonly clock: Clock;
  readonly deadlines: Pick<WallTimers, 'at'>;
  readonly log: Logger;
  /** A base joined its channel: makes the session that serves it. */
  readonly openBase: (client: Connection, baseId: BaseId) => BaseSession;
  readonly closeBase: (client: Connection, baseId: BaseId, session: BaseSession) => void;
}

/** One connection: its channels, its requests, and why it is closed. */
export class Connection {
  readonly #deps: ConnectionDeps;
  readonly #subscriptions: ChannelSubscriptions;
  #cancelUnjoinedTimer: CancelTimer | undefined;
  #base: BaseSession | undefined;
  #closing = false;

  constructor(deps: ConnectionDeps) {
    this.#deps = deps;
    this.#subscriptions = new ChannelSubscriptions({
      socketId: deps.socket.id,
      caller: deps.caller,
      tokens: deps.tokens,
      access: deps.access,
      clock: deps.clock,
      deadlines: deps.deadlines,
      joined: (channel) => this.#joined(channel),
      expired: (channel) => this.#left(channel, 'grant_expired'),
    });
  }

  get caller(): Principal {
    return this.#deps.caller;
  }

  /** Sites whose channels it is in. */
  get sites(): readonly SiteId[] {
    return this.#subscriptions.sites;
  }

  get socket(): Socket {
    return this.#deps.socket;
  }

  open(): void {
    const { socket } = this.#deps;
    this.#waitForJoin();
    // A newer client may send unknown messages, but only so many.
    socket.onAny((name: string) => {
      if (socket.listenerCount(name) > 0 || this.#deps.budget.tryConsume()) return;
      this.closeWith({ code: 'rate_limited', reconnect: 'backoff' });
    });
    socket.on('channel.join', (...args: unknown[]) => {
      this.#handle(args, async (acknowledge) => {
        const request = JoinRequest.safeParse(args[0]);
        if (!request.success) throw new AppError('bad_request');
        acknowledge(await this.#join(request.data));
      });
    });
    socket.on('channel.leave', (...args: unknown[]) => {
      this.#handle(args, (acknowledge) => {
        const request = LeaveRequest.safeParse(args[0]);
        if (!request.success) throw new AppError('bad_request');
        const channel = this.#subscriptions.find(request.data.channel);
        if (!channel) throw new AppError('channel_unknown');
        this.#subscriptions.remove(channel);
        this.#leave(channel);
        acknowledge({ ok: true });
      });
    });
    socket.on('base.resume', (...args: unknown[]) => {
      this.#handle(args, async (acknowledge) => {
        const request = ResumeRequest.safeParse(args[0]);
        if (!request.success) throw new AppError('bad_request');
        if (!this.#base) throw new AppError('channel_forbidden');
        await this.#base.resume(request.data, acknowledge);
      });
    });
    socket.on('command.progress', (...args: unknown[]) => {
      this.#handle(args, () => {
        const progress = CommandProgress.safeParse(args[0]);
        const { caller } = this.#deps;
        if (!progress.success || caller.kind !== 'base' || !this.#base) return;
        this.#deps.reports.progress(caller.baseId, progress.data);
      });
    });
    socket.on('update.progress', (...args: unknown[]) => {
      this.#handle(args, async () => {
        const transfer = UpdateTransfer.safeParse(args[0]);
        const { caller } = this.#deps;
        if (!transfer.success || caller.kind !== 'base' || !this.#base) return;
        await this.#deps.transfers.progressed(caller.baseId, transfer.data);
      });
    });
    socket.on('time.get', (...args: unknown[]) => {
      this.#handle(args, (acknowledge) => {
        acknowledge({ ok: true, hubTimeMs: this.#deps.clock.nowMs() });
      });
    });
  }

  async #join(request: JoinRequest): Promise<JoinReply> {
    const isRenewal = this.#subscriptions.find(request.channel) !== undefined;
    if (!isRenewal && this.#deps.isDraining()) throw new AppError('not_ready');
    const reply = await this.#subscriptions.join(request);
    const channel = reply.ok ? this.#subscriptions.find(reply.channel) : undefined;
    if (!reply.ok || channel?.kind !== 'site') return reply;
    // In the channel already: all that is stored from now on comes as deltas.
    const { resume } = this.#deps;
    const position = await resume.position(channel.siteId);
    const { epoch, rev, readings } = position;
    const cursor = { epoch, rev, readings };
    this.#deps.watching(channel.siteId, cursor);
    if (request.after === undefined) return { ...reply, cursor };
    const resumed = await resume.after(channel.siteId, position, request.after);
    return { ...reply, cursor, resumed };
  }

  /** Sends the reason, then closes. */
  closeWith(closing: Closing): void {
    if (this.#closing) return;
    this.#closing = true;
    const { socket, log } = this.#deps;
    log.info({ socketId: socket.id, code: closing.code }, 'socket closed by hub');
    socket.emit('closing', closing);
    if (closing.reconnect === 'never') socket.disconnect(true);
    else this.#closeForNow(closing.code);
  }

  #closeForNow(code: ErrorCode): void {
    const { socket, clock } = this.#deps;
    const { conn } = socket;
    // `closing` may be the last in a queue that does not move.
    const cancelTimer = clock.after(CLOSING_MS, () => cutConnection(conn));
    conn.once('close', cancelTimer);
    // Nothing is received or sent from now on, though the end may take a moment.
    this.closed();
    closeForNow(conn, code);
  }

  /** Revokes one channel; closes the socket if no channel is left. */
  revoke(channel: Channel): void {
    if (!this.#subscriptions.revoke(channel)) return;
    this.#left(channel, 'revoked');
    if (this.#subscriptions.size === 0) this.closeWith({ code: 'revoked', reconnect: 'never' });
  }

  /** Closes a connection that reads its messages too slowly. */
  checkOutbound(): void {
    const { socket } = this.#deps;
    const bytes = waitingBytes(socket.conn);
    if (bytes <= LIMITS.socketBufferedBytes) return;
    this.#deps.log.warn({ socketId: socket.id, waitingBytes: bytes }, 'slow consumer disconnected');
    this.closeWith({ code: 'slow_consumer', reconnect: 'backoff' });
    // `closing` is the last in a queue that does not move: do not wait for it.
    cutConnection(socket.conn);
  }

  /** The connection is gone. */
  closed(): void {
    this.#cancelUnjoinedTimer?.();
    this.#subscriptions.close();
    this.#closeBase();
  }

  #waitForJoin(): void {
    this.#cancelUnjoinedTimer?.();
    this.#cancelUnjoinedTimer = this.#deps.clock.after(LIMITS.unjoinedSocketMs, () => {
      this.closeWith({ code: 'idle_unjoined', reconnect: 'backoff' });
    });
  }

  #joined(channel: Channel): void {
    const { socket, log } = this.#deps;
    this.#cancelUnjoinedTimer?.();
    void socket.join(channelName(channel));
    if (channel.kind === 'base') this.#base = this.#deps.openBase(this, channel.baseId);
    log.info({ socketId: socket.id, channel: channelName(channel) }, 'channel joined');
  }

  #left(channel: Channel, code: ErrorCode): void {
    this.#leave(channel);
    this.#deps.socket.emit('channel.left', { channel: channelName(channel), code });
  }

  #leave(channel: Channel): void {
    void this.#deps.socket.leave(channelName(channel));
    if (channel.kind === 'base') this.#closeBase();
    if (this.#subscriptions.size === 0) this.#waitForJoin();
  }

  #closeBase(): void {
    const { caller } = this.#deps;
    const session = this.#base;
    if (!session || caller.kind !== 'base') return;
    this.#base = undefined;
    session.close();
    this.#deps.closeBase(this, caller.baseId, session);
  }

  #handle(
    args: readonly unknown[],
    work: (acknowledge: Acknowledge) => Promise<void> | void,
  ): void {
    const acknowledge = acknowledgeOf(args);
    if (!this.#deps.budget.tryConsume()) {
      acknowledge(toRefusal('rate_limited'));
      return;
    }
    const run = async (): Promise<void> => work(acknowledge);
    run().catch((error: unknown) => {
      const code = error instanceof AppError ? error.code : 'internal';
      if (code === 'internal') {
        this.#deps.log.error({ err: error, socketId: this.#deps.socket.id }, 'request failed');
      }
      acknowledge(toRefusal(code));
    });
  }
}
