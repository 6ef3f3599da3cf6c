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
import { compressAnswers, DEFAULT_COMPRESSION_BOUNDS } from './compression.ts';
import { dashboard } from './dashboard.ts';
import { docsPage } from './docs-page.ts';
import { busyThread, gateHandshakes } from './handshake-gate.ts';
import { Guards, type GuardsDeps } from './guards.ts';
import type { HttpApp } from './http-app.ts';
import { type LoadBounds, boundLoad } from './load-bound.ts';
import { sendProblem } from './problems.ts';
import { type RateLimitSettings, makeRateLimits } from './rate-limits.ts';
import { type AccountRoutesDeps, accountRoutes } from './routes/accounts.ts';
import { type BaseRoutesDeps, baseRoutes } from './routes/bases.ts';
import { type ChannelRoutesDeps, channelRoutes } from './routes/channels.ts';
import { type CommandRoutesDeps, commandRoutes } from './routes/commands.ts';
import { type FirmwareRoutesDeps, firmwareRoutes } from './routes/firmware.ts';
import { type HealthRoutesDeps, healthRoutes } from './routes/health.ts';
import { type RolloutRoutesDeps, rolloutRoutes } from './routes/rollouts.ts';
import { type SiteRoutesDeps, siteRoutes } from './routes/sites.ts';
import { type UnitRoutesDeps, unitRoutes } from './routes/units.ts';
import { type WebhookRoutesDeps, webhookRoutes } from './routes/webhooks.ts';
import { securityHeaders } from './security-headers.ts';

export type HttpServerDeps = Omit<GuardsDeps, 'limits'> &
  Omit<
    AccountRoutesDeps &
      SiteRoutesDeps &
      BaseRoutesDeps &
      UnitRoutesDeps &
      CommandRoutesDeps &
      FirmwareRoutesDeps &
      RolloutRoutesDeps &
      ChannelRoutesDeps &
      WebhookRoutesDeps &
      HealthRoutesDeps,
    'guards' | 'limits'
  > & {
    readonly log: Logger;
    readonly rateLimits: RateLimitSettings;
    readonly loadBounds: LoadBounds;
    readonly dashboardFolder: string;
    readonly secureContext: SecureContextOptions;
    readonly tlsHandshakeMs: number;
    readonly version: string;
  };

/** One application behind two doors: plain HTTP for loopback, HTTPS for everybody. */
export interface HttpServer {
  readonly app: HttpApp;
  readonly plain: Server;
  readonly secure: SecureServer;
}

/** A request must be there in full, headers and body, within these times. */
const TIMEOUTS = { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 72_000 };
/** At each door: 10,000 bases, each with a socket and now and then a request beside it. */
const CONNECTIONS = 20_000;
/** TLS handshakes at a time of a hub that has no time to spare; a few milliseconds each. */
const HANDSHAKES_WHEN_BUSY = 32;
const NO_ROUTE = '/api/no-such-address';

export async function buildHttpServer(deps: HttpServerDeps): Promise<HttpServer> {
  const doors: { plain?: Server; secure?: SecureServer } = {};
  const loggerInstance: FastifyBaseLogger = deps.log;
  const app: HttpApp = fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    bodyLimit: LIMITS.httpBodyBytes,
    // An address that no route could have, found before any hook has run: asked again
    // as one that no route has, so that headers and limits are those of all answers.
    frameworkErrors: (_error, request, reply) => {
      request.raw.url = NO_ROUTE;
      app.routing(request.raw, reply.raw);
    },
    // Only addresses of our own making are trusted; a proxy in front is a matter of its own.
    trustProxy: false,
    routerOptions: { maxParamLength: 100 },
    serverFactory: (handler: FastifyServerFactoryHandler) => {
      doors.secure = createSecureServer(
        { ...TIMEOUTS, handshakeTimeout: deps.tlsHandshakeMs, ...deps.secureContext },
        handler,
      );
      gateHandshakes(doors.secure, { atOnce: HANDSHAKES_WHEN_BUSY, isBusy: busyThread() });
      doors.plain = createServer(TIMEOUTS, handler);
      doors.secure.maxConnections = CONNECTIONS;
      doors.plain.maxConnections = CONNECTIONS;
      return doors.plain;
    },
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler((error, request, reply) => sendProblem(request, reply, error));
  await securityHeaders(app);
  boundLoad(app, deps.loadBounds);
  compressAnswers(app, DEFAULT_COMPRESSION_BOUNDS);
  await app.register(fastifyCookie);
  const limits = await makeRateLimits(app, deps.rateLimits);
  const guards = new Guards({ ...deps, limits });
  await apiDocument(app, deps.version);
  const routes = { ...deps, guards, limits };
  healthRoutes(app, routes);
  accountRoutes(app, routes);
  siteRoutes(app, routes);
  baseRoutes(app, routes);
  unitRoutes(app, routes);
  commandRoutes(app, routes);
  firmwareRoutes(app, routes);
  rolloutRoutes(app, routes);
  channelRoutes(app, routes);
  webhookRoutes(app, routes);
  docsRoutes(app, guards);
  await dashboard(app, { folder: deps.dashboardFolder, limits });
  await app.ready();
  const { plain, secure } = doors;
  if (!plain || !secure) throw new AppError('internal');
  return { app, plain, secure };
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
function docsRoutes(app: HttpApp, guards: Guards): void {
  const hidden = { schema: { hide: true }, onRequest: guards.open };
  let page: string | undefined;
  app.get('/api/openapi.json', { ...hidden, handler: () => app.swagger() });
  app.get('/api/docs', {
    ...hidden,
    handler: async (_request, reply) => {
      page ??= docsPage(app.swagger());
      return await reply.type('text/html; charset=utf-8').send(page);
    },
  });
}
