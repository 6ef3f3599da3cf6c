import type { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AppError } from '#protocol/errors.ts';
import { EVENT_STREAM, LastEventId } from '#protocol/http/event-stream.ts';
import { SiteEventsPage, SiteEventsQuery } from '#protocol/http/events.ts';
import { SiteId } from '#protocol/ids.ts';
import type { EventPages } from '../../../delivery/event-pages.ts';
import type { EventStreams } from '../../../delivery/event-streams.ts';
import type { ChannelAccess } from '../../../domain/channels/channel-access.ts';
import type { SiteAccess } from '../../../domain/sites/site-access.ts';
import type { Guards } from '../guards.ts';
import type { HttpApp } from '../http-app.ts';
import { PROBLEMS } from '../responses.ts';

export interface EventRoutesDeps {
  readonly guards: Guards;
  readonly access: SiteAccess;
  readonly eventPages: EventPages;
  readonly eventStreams: EventStreams;
  readonly channelAccess: Pick<ChannelAccess, 'endsAtMs'>;
}

/** What happened at a site, as it was stored. */
export function eventRoutes(app: HttpApp, deps: EventRoutesDeps): void {
  const { guards, access, eventPages, eventStreams, channelAccess } = deps;

  app.get('/api/sites/:siteId/events', {
    onRequest: guards.may('site.read'),
    schema: {
      tags: ['Sites'],
      summary: 'Events of a site: the newest, or those after a revision',
      params: z.strictObject({ siteId: SiteId }),
      querystring: SiteEventsQuery,
      response: { 200: SiteEventsPage, ...PROBLEMS },
    },
    handler: async (request, reply) => {
      const { siteId } = request.params;
      const caller = guards.user(request);
      const authorize = () => access.require(caller, siteId, 'site.read');
      if (!wantsStream(request)) {
        await authorize();
        return await eventPages.page(siteId, request.query);
      }
      const { output } = await eventStreams.open({
        site: siteId,
        query: resumedAt(request.headers['last-event-id'], request.query),
        caller,
        authorize,
        endsAtMs: () => channelAccess.endsAtMs(caller),
      });
      reply.type(EVENT_STREAM).header('x-accel-buffering', 'no');
      // If the client has already gone, a stream piped to it later would not end.
      if (request.raw.socket.destroyed) output.destroy();
      // Its messages are not what the schema of the pages serializes.
      return await sendStream(reply, output);
    },
  });
}

async function sendStream(reply: FastifyReply, output: Readable): Promise<never> {
  return await reply.send(output);
}

/** Nobody would follow the stream of a HEAD. */
function wantsStream({ method, headers }: FastifyRequest): boolean {
  return method === 'GET' && (headers.accept ?? '').includes(EVENT_STREAM);
}

function resumedAt(id: string | string[] | undefined, query: SiteEventsQuery): SiteEventsQuery {
  if (query.before !== undefined) throw new AppError('bad_request');
  if (id === undefined || id === '') return query;
  const cursor = LastEventId.safeParse(id);
  if (!cursor.success) throw new AppError('bad_request');
  return { ...query, ...cursor.data };
}
