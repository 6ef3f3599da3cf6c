import { randomUUID } from 'node:crypto';
import { type Server, createServer } from 'node:http';
import { type Server as SecureServer, createServer as createSecureServer } from 'node:https';
import type { SecureContextOptions } from 'node:tls';
import fastifyCookie from '@fastify/cookie';
import fastifySwagger from '@fastify/swagger';
import fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyServerFactoryHandler,
} from 'fastify';
import {
  createJsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
} from 'fastify-type-provider-zod';
import type { Logger } from 'pino';
import { AppError } from '#protocol/errors.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { AttemptLimit } from '../../domain/accounts/attempt-limit.ts';
import { asyncDocument } from './async-document.ts';
import { jsonBodies } from './json-bodies.ts';
import { compressAnswers, DEFAULT_COMPRESSION_BOUNDS } from './compression.ts';
import { dashboard } from './dashboard.ts';
import { docsPage } from './docs-page.ts';
import type { ConnectionTimes, Connections } from './connections.ts';
import { busyThread, limitHandshakes } from '../admission/handshake-limit.ts';
import type { TrustedProxies } from '../admission/trusted-proxies.ts';
import { Guards, type GuardsDeps } from './guards.ts';
import type { HttpApp } from './http-app.ts';
import type { LoadBound } from './load-bound.ts';
import { requestClients } from './request-client.ts';
import { refuseMalformed } from './malformed-requests.ts';
import { sendProblem } from './problems.ts';
import { type RateLimitSettings, makeRateLimits } from './rate-limits.ts';
import { type AccountRoutesDeps, accountRoutes } from './routes/accounts.ts';
import { type BaseRoutesDeps, baseRoutes } from './routes/bases.ts';
import { type ChannelRoutesDeps, channelRoutes } from './routes/channels.ts';
import { type CommandRoutesDeps, commandRoutes } from './routes/commands.ts';
import { type DeviceLoginRoutesDeps, deviceLoginRoutes } from './routes/device-logins.ts';
import { type DeviceRoutesDeps, deviceRoutes } from './routes/devices.ts';
import { type EventRoutesDeps, eventRoutes } from './routes/events.ts';
import { type FirmwareRoutesDeps, firmwareRoutes } from './routes/firmware.ts';
import { type HealthRoutesDeps, healthRoutes } from './routes/health.ts';
import { type LibpyiotcloudRoutesDeps, libpyiotcloudRoutes } from './routes/libpyiotcloud.ts';
import { type MetricRoutesDeps, metricRoutes } from './routes/metrics.ts';
import { type RolloutRoutesDeps, rolloutRoutes } from './routes/rollouts.ts';
import { type SiteRoutesDeps, siteRoutes } from './routes/sites.ts';
import { type SiteWebhookRoutesDeps, siteWebhookRoutes } from './routes/site-webhooks.ts';
import { type TopicRoutesDeps, topicRoutes } from './routes/topics.ts';
import { type UnitRoutesDeps, unitRoutes } from './routes/units.ts';
import { type WebhookRoutesDeps, webhookRoutes } from './routes/webhooks.ts';
import { securityHeaders } from './security-headers.ts';

export type HttpServerDeps = Omit<GuardsDeps, 'limits'> &
  Omit<
    AccountRoutesDeps &
      DeviceLoginRoutesDeps &
      SiteRoutesDeps &
      BaseRoutesDeps &
      DeviceRoutesDeps &
      UnitRoutesDeps &
      TopicRoutesDeps &
      CommandRoutesDeps &
      FirmwareRoutesDeps &
      EventRoutesDeps &
      MetricRoutesDeps &
      RolloutRoutesDeps &
      ChannelRoutesDeps &
      SiteWebhookRoutesDeps &
      WebhookRoutesDeps &
      LibpyiotcloudRoutesDeps &
      HealthRoutesDeps,
    'guards' | 'limits' | 'load'
  > & {
    readonly log: Logger;
    readonly rateLimits: RateLimitSettings;
    readonly load: LoadBound;
    readonly proxies: TrustedProxies;
    readonly connections: Connections;
    readonly connectionTimes: ConnectionTimes;
    /** Malformed requests from one address. */
    readonly malformed: AttemptLimit;
    readonly dashboardFolder: string;
    readonly secureContext: SecureContextOptions;
    readonly version: string;
  };

/** One application on two listeners: plain HTTP for loopback, HTTPS for everyone. */
export interface HttpServer {
  readonly app: HttpApp;
  readonly plain: Server;
  readonly secure: SecureServer;
}

/** How often Node looks whether a request is overdue, within the time that it has. */
const LOOKS = 4;
/** TLS handshakes at a time of a hub that has no time to spare; a few milliseconds each. */
const HANDSHAKES_WHEN_BUSY = 32;
const NO_ROUTE = '/api/no-such-address';

export async function buildHttpServer(deps: HttpServerDeps): Promise<HttpServer> {
  const listeners: { plain?: Server; secure?: SecureServer } = {};
  const loggerInstance: FastifyBaseLogger = deps.log;
  const app: HttpApp = fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    bodyLimit: LIMITS.httpBodyBytes,
    // A malformed address, found before any hook has run: handled like an unknown route, so that
    // headers and limits are those of all answers.
    frameworkErrors: (_error, request, reply) => {
      request.raw.url = NO_ROUTE;
      app.routing(request.raw, reply.raw);
    },
    // Who a client is, `request.client` says: for HTTP and for sockets alike.
    trustProxy: false,
    routerOptions: { maxParamLength: 100 },
    // Each listener gets its own handler below.
    clientErrorHandler: () => undefined,
    serverFactory: (handler: FastifyServerFactoryHandler) => {
      const accept: FastifyServerFactoryHandler = (request, response) => {
        if (deps.connections.accept(request, response)) handler(request, response);
      };
      const options = serverOptions(deps.connectionTimes);
      listeners.secure = createSecureServer({ ...options, ...deps.secureContext }, accept);
      limitHandshakes(listeners.secure, { atOnce: HANDSHAKES_WHEN_BUSY, isBusy: busyThread() });
      listeners.plain = createServer(options, accept);
      for (const server of [listeners.secure, listeners.plain]) {
        deps.connections.bound(server);
        refuseMalformed(server, {
          attempts: deps.malformed,
          owesAnswer: (socket) => deps.connections.owesAnswer(socket),
          log: deps.log,
        });
      }
      return listeners.plain;
    },
  });
  requestClients(app, deps.proxies);
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler((error, request, reply) => sendProblem(request, reply, error));
  securityHeaders(app);
  deps.load.bind(app);
  jsonBodies(app, deps.load);
  compressAnswers(app, DEFAULT_COMPRESSION_BOUNDS);
  deps.load.bindAnswers(app);
  await app.register(fastifyCookie);
  const limits = await makeRateLimits(app, deps.rateLimits);
  const guards = new Guards({ ...deps, limits });
  await apiDocument(app, deps.version);
  const routes = { ...deps, guards, limits };
  healthRoutes(app, routes);
  accountRoutes(app, routes);
  deviceLoginRoutes(app, routes);
  siteRoutes(app, routes);
  baseRoutes(app, routes);
  deviceRoutes(app, routes);
  unitRoutes(app, routes);
  topicRoutes(app, routes);
  commandRoutes(app, routes);
  firmwareRoutes(app, routes);
  rolloutRoutes(app, routes);
  eventRoutes(app, routes);
  metricRoutes(app, routes);
  channelRoutes(app, routes);
  webhookRoutes(app, routes);
  libpyiotcloudRoutes(app, routes);
  siteWebhookRoutes(app, routes);
  docsRoutes(app, guards, deps.version);
  await dashboard(app, { folder: deps.dashboardFolder, limits });
  await app.ready();
  const { plain, secure } = listeners;
  if (!plain || !secure) throw new AppError('internal');
  return { app, plain, secure };
}

function serverOptions(times: ConnectionTimes) {
  return {
    headersTimeout: times.headersMs,
    requestTimeout: times.requestMs,
    keepAliveTimeout: times.keepAliveMs,
    handshakeTimeout: times.tlsHandshakeMs,
    connectionsCheckingInterval: Math.ceil(Math.min(times.headersMs, times.requestMs) / LOOKS),
  };
}

async function apiDocument(app: HttpApp, version: string): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Signalbox hub',
        version,
        description:
          'Sign in with a session cookie, or send `Authorization: Bearer sbx_...` with an API token.',
      },
    },
    transform: createJsonSchemaTransform({ zodToJsonConfig: { unrepresentable: 'any' } }),
  });
}

/** After all other routes, which it lists. */
function docsRoutes(app: HttpApp, guards: Guards, version: string): void {
  const hidden = { schema: { hide: true }, onRequest: guards.open };
  // Made once, and sent as the same bytes to all: many of them unread weigh nothing.
  let document: Buffer | undefined;
  let live: Buffer | undefined;
  let page: Buffer | undefined;
  app.get('/api/openapi.json', {
    ...hidden,
    handler: async (_request, reply) => {
      document ??= Buffer.from(JSON.stringify(app.swagger()));
      return await reply.type('application/json; charset=utf-8').send(document);
    },
  });
  app.get('/api/asyncapi.json', {
    ...hidden,
    handler: async (_request, reply) => {
      live ??= Buffer.from(JSON.stringify(asyncDocument(version)));
      return await reply.type('application/json; charset=utf-8').send(live);
    },
  });
  app.get('/api/docs', {
    ...hidden,
    handler: async (_request, reply) => {
      page ??= Buffer.from(docsPage(app.swagger()));
      return await reply.type('text/html; charset=utf-8').send(page);
    },
  });
}
