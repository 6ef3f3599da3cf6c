import type { Socket } from 'socket.io-client';
import { AppError } from '#protocol/errors.ts';
import { Problem } from '#protocol/http/problem.ts';
import {
  type ClientToHub,
  type HubToClient,
  JoinReply,
  TimeReply,
} from '#protocol/hub-link/socket-events.ts';
import { ChannelAuthorization } from '#protocol/http/channels.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { ClockOffset } from './clock-offset.ts';
import type { HubHttp } from './hub-http.ts';

export type HubSocket = Socket<HubToClient, ClientToHub>;

export interface JoinChannelDeps {
  readonly http: Pick<HubHttp, 'post'>;
  readonly offset: ClockOffset;
  readonly channel: string;
  /** A fresh one for each use. */
  readonly assertion: () => Promise<string>;
}

/**
 * Docs/channels.md section 2: a token for exactly this channel and this socket, then the channel.
 *
 * @returns until when the channel is ours, on the hub's clock.
 * @throws AppError with the code of the refusal.
 */
export async function joinChannel(socket: HubSocket, deps: JoinChannelDeps): Promise<number> {
  const { http, offset, channel } = deps;
  const answer = await http.post(
    '/api/channels/authorize',
    JSON.stringify({ socketId: socket.id, channel }),
    { authorization: `Bearer ${await deps.assertion()}` },
  );
  const json: unknown = JSON.parse(answer.text);
  if (answer.status !== 200) {
    const code = Problem.safeParse(json).data?.code ?? 'internal';
    if (code === 'clock_skewed' && answer.dateMs !== undefined) offset.learnFrom(answer.dateMs);
    throw new AppError(code);
  }
  const { token } = ChannelAuthorization.parse(json);
  const joined = JoinReply.parse(
    await socket.timeout(LIMITS.baseAckTimeoutMs).emitWithAck('channel.join', { channel, token }),
  );
  if (!joined.ok) throw new AppError(joined.code);
  return joined.grantExpiresAtMs;
}

/** The hub's clock, as it was when it answered. */
export async function askHubTime(socket: HubSocket): Promise<number> {
  const sent: unknown = await socket.timeout(LIMITS.baseAckTimeoutMs).emitWithAck('time.get');
  const reply = TimeReply.parse(sent);
  if (!reply.ok) throw new AppError(reply.code);
  return reply.hubTimeMs;
}
