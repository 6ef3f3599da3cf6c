import type { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AppError } from '#protocol/errors.ts';
import { EVENT_STREAM } from '#protocol/http/event-stream.ts';
import { TopicNews, TopicPublish, TopicsQuery } from '#protocol/http/topics.ts';
import { SiteId } from '#protocol/ids.ts';
import type { TopicStreams } from '../../../delivery/topic-streams.ts';
import { subjectOf } from '../../../domain/accounts/principal.ts';
import type { ChannelAccess } from '../../../domain/channels/channel-access.ts';
import type { Broker } from '../../../domain/mqtt/broker.ts';
import { isTopic } from '../../../domain/mqtt/topic-names.ts';
import type { SiteAccess } from '../../../domain/sites/site-access.ts';
import type { Guards } from '../guards.ts';
import type { HttpApp } from '../http-app.ts';
import { Nothing, PROBLEMS } from '../responses.ts';

export interface TopicRoutesDeps {
  readonly guards: Guards;
  readonly access: SiteAccess;
  readonly topicStreams: TopicStreams;
  readonly broker: Pick<Broker, 'publishFrom'>;
  readonly channelAccess: Pick<ChannelAccess, 'endsAtMs'>;
}

const tags = ['Topics'];
const SiteParams = z.strictObject({ siteId: SiteId });

/** What is published at the MQTT topics of a site, for those who look at it and try something. */
export function topicRoutes(app: HttpApp, deps: TopicRoutesDeps): void {
  const { guards, access, topicStreams, broker, channelAccess } = deps;

  app.get('/api/sites/:siteId/topics', {
    onRequest: guards.may('site.read'),
    schema: {
      tags,
      summary: 'What is retained at the topics of a site; as server-sent events, all that comes',
      params: SiteParams,
      querystring: TopicsQuery,
      response: { 200: TopicNews, ...PROBLEMS },
    },
    handler: async (request, reply) => {
      const { siteId } = request.params;
      const caller = guards.user(request);
      const authorize = () => access.require(caller, siteId, 'site.read');
      const { under } = request.query;
      if (!wantsStream(request)) {
        await authorize();
        return await topicStreams.retained(siteId, under);
      }
      const { output } = await topicStreams.open({
        ...{ site: siteId, under, caller },
        authorize,
        endsAtMs: () => channelAccess.endsAtMs(caller),
      });
      reply.type(EVENT_STREAM).header('x-accel-buffering', 'no');
      // If the client has already gone, a stream piped to it later would not end.
      if (request.raw.socket.destroyed) output.destroy();
      return await sendStream(reply, output);
    },
  });

  app.post('/api/sites/:siteId/topics/publish', {
    onRequest: guards.may('unit.control'),
    schema: {
      tags,
      summary: 'Publish a message (members, managers and owners)',
      params: SiteParams,
      body: TopicPublish,
      response: { 204: Nothing, ...PROBLEMS },
    },
    handler: async (request, reply) => {
      const { siteId } = request.params;
      const caller = guards.user(request);
      await access.require(caller, siteId, 'unit.control');
      const { topic, payload, qos, isRetained } = request.body;
      if (!isTopic(topic) || topic.startsWith('$')) {
        const details = { path: '/topic', reason: 'must be a topic without + and #' };
        throw new AppError('input_invalid', { details });
      }
      await broker.publishFrom(siteId, {
        ...{ topic, qos, isRetained, payload: Buffer.from(payload) },
        ...{ properties: null, expiresAtMs: null, author: subjectOf(caller), sessionKey: null },
      });
      return await reply.status(204).send(null);
    },
  });
}

/** Nobody would follow the stream of a HEAD. */
function wantsStream({ method, headers }: FastifyRequest): boolean {
  return method === 'GET' && (headers.accept ?? '').includes(EVENT_STREAM);
}

async function sendStream(reply: FastifyReply, output: Readable): Promise<never> {
  return await reply.send(output);
}
