import type { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AppError } from '#protocol/errors.ts';
import { EVENT_STREAM, LastEventId } from '#protocol/http/event-stream.ts';
import { SiteEventsPage, SiteEventsQuery } from '#protocol/http/events.ts';
import { SiteReadingsPage, SiteReadingsQuery } from '#protocol/http/readings.ts';
import { SiteId } from '#protocol/ids.ts';
import type { EventPages } from '../../../delivery/event-pages.ts';
import type { EventStreams, Streamed } from '../../../delivery/event-streams.ts';
import type { ReadingPages } from '../../../delivery/reading-pages.ts';
import type { ChannelAccess } from '../../../domain/channels/channel-access.ts';
import type { SiteAccess } from '../../../domain/sites/site-access.ts';
import type { Guards } from '../guards.ts';
import type { HttpApp } from '../http-app.ts';
import { PROBLEMS } from '../responses.ts';

export interface EventRoutesDeps {
  readonly guards: Guards;
  readonly access: SiteAccess;
  readonly eventPages: EventPages;
  readonly readingPages: ReadingPages;
  readonly eventStreams: EventStreams;
  readonly channelAccess: Pick<ChannelAccess, 'endsAtMs'>;
}

/** What happened at a site, as it was stored. */
export function eventRoutes(app: HttpApp, deps: EventRoutesDeps): void {
  const { guards, access, eventPages, readingPages, eventStreams, channelAccess } = deps;

  const stream = async (
    request: FastifyRequest,
    reply: FastifyReply,
    { siteId, streamed }: { readonly siteId: SiteId; readonly streamed: Streamed },
  ): Promise<never> => {
    const caller = guards.user(request);
    const { output } = await eventStreams.open({
      ...{ site: siteId, streamed, caller },
      authorize: () => access.require(caller, siteId, 'site.read'),
      endsAtMs: () => channelAccess.endsAtMs(caller),
    });
    reply.type(EVENT_STREAM).header('x-accel-buffering', 'no');
    // If the client has already gone, a stream piped to it later would not end.
    if (request.raw.socket.destroyed) output.destroy();
    // Its messages are not what the schema of the pages serializes.
    return await sendStream(reply, output);
  };

  app.get('/api/sites/:siteId/events', {
    onRequest: guards.may('site.read'),
    schema: {
      tags: ['Sites'],
      summary: 'Events of a site: the newest, or those after a revision',
      description: STREAMED,
      params: z.strictObject({ siteId: SiteId }),
      querystring: SiteEventsQuery,
      response: { 200: SiteEventsPage, ...PROBLEMS },
    },
    handler: async (request, reply) => {
      const { siteId } = request.params;
      if (wantsStream(request)) {
        if (request.query.before !== undefined) throw new AppError('bad_request');
        const query = { ...request.query, ...lastId(request) };
        return await stream(request, reply, { siteId, streamed: { kind: 'events', query } });
      }
      await access.require(guards.user(request), siteId, 'site.read');
      return await eventPages.page(siteId, request.query);
    },
  });

  app.get('/api/sites/:siteId/readings', {
    onRequest: guards.may('site.read'),
    schema: {
      tags: ['Sites'],
      summary: 'Readings of a site after a position, in the order in which they were stored',
      description: STREAMED,
      params: z.strictObject({ siteId: SiteId }),
      querystring: SiteReadingsQuery,
      response: { 200: SiteReadingsPage, ...PROBLEMS },
    },
    handler: async (request, reply) => {
      const { siteId } = request.params;
      if (wantsStream(request)) {
        const query = { ...request.query, ...lastId(request) };
        return await stream(request, reply, { siteId, streamed: { kind: 'readings', query } });
      }
      await access.require(guards.user(request), siteId, 'site.read');
      return await readingPages.page(siteId, request.query);
    },
  });
}

const STREAMED =
  'With `Accept: text/event-stream` they come as they are stored; `Last-Event-ID` resumes after a message.';

async function sendStream(reply: FastifyReply, output: Readable): Promise<never> {
  return await reply.send(output);
}

/** Nobody would follow the stream of a HEAD. */
function wantsStream({ method, headers }: FastifyRequest): boolean {
  return method === 'GET' && (headers.accept ?? '').includes(EVENT_STREAM);
}

/** Where the client was, instead of where its address says. */
function lastId({ headers }: FastifyRequest): z.infer<typeof LastEventId> | undefined {
  const id = headers['last-event-id'];
  if (id === undefined || id === '') return undefined;
  const cursor = LastEventId.safeParse(id);
  if (!cursor.success) throw new AppError('bad_request');
  return cursor.data;
}
