import type { Socket } from 'socket.io-client';
import { AppError } from '#protocol/errors.ts';
import { parseProblem } from '#protocol/http/problem.ts';
import {
  type ClientToHub,
  type HubToClient,
  JoinReply,
  TimeReply,
} from '#protocol/hub-link/socket-events.ts';
import { ChannelAuthorization } from '#protocol/http/channels.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { ClockOffset } from '../clock-offset.ts';
import type { HubHttp } from '../hub-http.ts';

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
  const answer = await http.post('/api/channels/authorize', {
    body: JSON.stringify({ socketId: socket.id, channel }),
    headers: { authorization: `Bearer ${await deps.assertion()}` },
  });
  if (answer.status !== 200) {
    const code = parseProblem(answer)?.code ?? 'hub_answer_foreign';
    if (code === 'clock_skewed' && answer.dateMs !== undefined) offset.learnFrom(answer.dateMs);
    throw new AppError(code);
  }
  const { token } = authorizationIn(answer.text);
  const joined = JoinReply.parse(
    await socket.timeout(LIMITS.baseAckTimeoutMs).emitWithAck('channel.join', { channel, token }),
  );
  if (!joined.ok) throw new AppError(joined.code);
  return joined.grantExpiresAtMs;
}

/** The hub's clock, as it was when it answered. */
export async function requestHubTime(socket: HubSocket): Promise<number> {
  const sent: unknown = await socket.timeout(LIMITS.baseAckTimeoutMs).emitWithAck('time.get');
  const reply = TimeReply.parse(sent);
  if (!reply.ok) throw new AppError(reply.code);
  return reply.hubTimeMs;
}

/** @throws AppError `hub_answer_foreign` where a 200 is none of the hub's. */
function authorizationIn(text: string): ChannelAuthorization {
  try {
    return ChannelAuthorization.parse(JSON.parse(text));
  } catch (cause) {
    throw new AppError('hub_answer_foreign', { cause });
  }
}
