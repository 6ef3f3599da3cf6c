import { AppError } from '#protocol/errors.ts';
import { ChannelAuthorization, ChannelAuthorizationRequest } from '#protocol/http/channels.ts';
import { type Principal, subjectOf } from '../../../domain/accounts/principal.ts';
import type { ChannelAccess } from '../../../domain/channels/channel-access.ts';
import type { ChannelTokens } from '../../../domain/channels/channel-tokens.ts';
import type { Guards } from '../guards.ts';
import type { HttpApp } from '../http-app.ts';
import { PROBLEMS } from '../responses.ts';

export interface ChannelRoutesDeps {
  readonly guards: Guards;
  readonly channelAccess: ChannelAccess;
  readonly channelTokens: ChannelTokens;
  /** Whether a socket is connected and the caller's own. */
  readonly ownsSocket: (caller: Principal, socketId: string) => boolean;
}

/** The right to join a private channel. */
export function channelRoutes(app: HttpApp, deps: ChannelRoutesDeps): void {
  const { guards, channelAccess, channelTokens, ownsSocket } = deps;

  app.post('/api/channels/authorize', {
    onRequest: guards.anyone,
    schema: {
      tags: ['Channels'],
      summary: 'A token for one channel and one socket (people, API tokens, bases)',
      body: ChannelAuthorizationRequest,
      response: { 200: ChannelAuthorization, ...PROBLEMS },
    },
    handler: async (request) => {
      const caller = guards.caller(request);
      const { channel, socketId } = request.body;
      await channelAccess.require(caller, channel);
      if (!ownsSocket(caller, socketId)) {
        throw new AppError('channel_forbidden', { details: { path: 'socketId' } });
      }
      return await channelTokens.issue({ subject: subjectOf(caller), channel, socketId });
    },
  });
}
