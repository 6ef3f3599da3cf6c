import { createHash } from 'node:crypto';
import { AppError } from '#protocol/errors.ts';
import { toRefusal } from '#protocol/hub-link/refusal.ts';
import type { Channel } from '#protocol/hub-link/channels.ts';
import { channelName, parseChannelName } from '#protocol/hub-link/channels.ts';
import type { JoinReply, JoinRequest } from '#protocol/hub-link/socket-events.ts';
import type { SiteId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import { type Principal, subjectOf } from '../../domain/accounts/principal.ts';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import type { WallTimers } from '../../kernel/wall-timers.ts';
import type { ChannelAccess } from '../../domain/channels/channel-access.ts';
import type { ChannelTokens } from '../../domain/channels/channel-tokens.ts';

export interface ChannelSubscriptionsDeps {
  readonly socketId: string;
  readonly caller: Principal;
  readonly tokens: Pick<ChannelTokens, 'verify'>;
  readonly access: Pick<ChannelAccess, 'require' | 'endsAtMs'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** For the ends of grants. */
  readonly deadlines: Pick<WallTimers, 'at'>;
  /** The socket is in the channel; called once per membership, not at renewals. */
  readonly joined: (channel: Channel) => void;
  /** The socket is out of it, because its right has run out. */
  readonly expired: (channel: Channel) => void;
}

interface ChannelSubscription {
  readonly channel: Channel;
  readonly cancelTimer: CancelTimer;
}

/** Tokens remembered as used; more joins within a token's life are refused. */
const MAX_USED_TOKENS = 1_000;

/** The channels of one socket: each with its own token, for a limited time. */
export class ChannelSubscriptions {
  readonly #deps: ChannelSubscriptionsDeps;
  readonly #channels = new Map<string, ChannelSubscription>();
  /** Used tokens, by hash, until they expire. */
  readonly #used = new Map<string, number>();
  /** For each join in progress, the channels revoked meanwhile. */
  readonly #revokedMeanwhile = new Set<Set<string>>();
  #closed = false;

  constructor(deps: ChannelSubscriptionsDeps) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#channels.size;
  }

  get sites(): readonly SiteId[] {
    return [...this.#channels.values()].flatMap(({ channel }) =>
      channel.kind === 'site' ? [channel.siteId] : [],
    );
  }

  /** Joins, or renews a membership. */
  async join(request: JoinRequest): Promise<JoinReply> {
    const { tokens, access, caller, socketId, clock, deadlines } = this.#deps;
    const verdict = await tokens.verify(request.token);
    if (!verdict.ok) return toRefusal(verdict.code);
    const { claims } = verdict;
    if (
      claims.sid !== socketId ||
      claims.chn !== request.channel ||
      claims.sub !== subjectOf(caller) ||
      !this.#useOnce(request.token, claims.exp)
    ) {
      return toRefusal('channel_token_invalid');
    }
    const revoked = new Set<string>();
    this.#revokedMeanwhile.add(revoked);
    let channel: Channel;
    let endsAtMs: number;
    try {
      // Checked again, since the right may have been revoked after the token was made.
      channel = await access.require(caller, request.channel);
      endsAtMs = await access.endsAtMs(caller);
    } catch (error) {
      if (error instanceof AppError) return toRefusal(error.code);
      throw error;
    } finally {
      this.#revokedMeanwhile.delete(revoked);
    }
    const name = channelName(channel);
    const isRevoked = this.#closed || revoked.has(name);
    if (isRevoked || endsAtMs <= clock.nowMs()) return toRefusal('revoked');
    const before = this.#channels.get(name);
    if (!before && this.#channels.size >= LIMITS.channelsPerSocket) {
      return toRefusal('channel_limit');
    }
    before?.cancelTimer();
    const grantExpiresAtMs = Math.min(claims.grt * 1000, endsAtMs);
    const cancelTimer = deadlines.at(grantExpiresAtMs, () => {
      if (this.remove(channel)) this.#deps.expired(channel);
    });
    this.#channels.set(name, { channel, cancelTimer });
    if (!before) this.#deps.joined(channel);
    return { ok: true, channel: name, grantExpiresAtMs };
  }

  /** The channel of this name, when the socket is in it. */
  find(name: string): Channel | undefined {
    const channel = parseChannelName(name);
    return channel && this.#channels.get(channelName(channel))?.channel;
  }

  /** Removes a subscription; false if there is none. */
  remove(channel: Channel): boolean {
    const name = channelName(channel);
    const subscription = this.#channels.get(name);
    if (!subscription) return false;
    subscription.cancelTimer();
    this.#channels.delete(name);
    return true;
  }

  /** Revokes a channel, also for a join in progress. False if there is no subscription. */
  revoke(channel: Channel): boolean {
    for (const revoked of this.#revokedMeanwhile) revoked.add(channelName(channel));
    return this.remove(channel);
  }

  close(): void {
    this.#closed = true;
    for (const { cancelTimer } of this.#channels.values()) cancelTimer();
    this.#channels.clear();
  }

  #useOnce(token: string, expSeconds: number): boolean {
    const nowSeconds = this.#deps.clock.nowMs() / 1000;
    for (const [hash, exp] of this.#used) if (exp <= nowSeconds) this.#used.delete(hash);
    const hash = createHash('sha256').update(token).digest('base64url');
    if (this.#used.has(hash) || this.#used.size >= MAX_USED_TOKENS) return false;
    this.#used.set(hash, expSeconds);
    return true;
  }
}
