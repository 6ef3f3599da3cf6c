import { z } from 'zod';
import { AppError } from '#protocol/errors.ts';
import { HubCa } from '#protocol/http/device-logins.ts';
import type { HttpApp } from '../http-app.ts';
import { PROBLEMS } from '../responses.ts';

export interface HealthRoutesDeps {
  /** Started, and not about to stop. */
  readonly isReady: () => boolean;
  /** Whether the database has answered within the last seconds. */
  readonly databaseAnswers: () => Promise<boolean>;
  /** What the hub works on: whether it refuses everything now, and whether it has for too long. */
  readonly load: { readonly isFull: boolean; readonly isStuck: boolean };
  /** PEM of the CA that the hub's certificate leads to. */
  readonly caPem: () => string;
  /** As in claim codes. */
  readonly caFingerprint: () => string;
  /** The name or address by which the hub was requested, over TLS. */
  readonly requestedAs: (host: string) => void;
}

const tags = ['Hub'];
const Health = z.object({ status: z.literal('ok') });

/** Alive, ready, and the hub's CA. */
export function healthRoutes(app: HttpApp, deps: HealthRoutesDeps): void {
  app.get('/healthz', {
    schema: {
      tags,
      summary: 'The process is alive; 503 once it has refused every request for a minute',
      description: 'For a supervisor that restarts a program that does not recover.',
      response: { 200: Health, ...PROBLEMS },
    },
    handler: () => {
      if (deps.load.isStuck) throw new AppError('overloaded');
      return { status: 'ok' as const };
    },
  });

  app.get('/readyz', {
    schema: {
      tags,
      summary:
        'The hub accepts requests; 503 while it starts or stops, refuses everything because of load, or has had no answer of its database for 5 s',
      description: 'For a load balancer.',
      response: { 200: Health, ...PROBLEMS },
    },
    handler: async () => {
      if (!deps.isReady()) throw new AppError('not_ready');
      if (deps.load.isFull) throw new AppError('overloaded');
      if (!(await deps.databaseAnswers())) throw new AppError('storage_unavailable');
      return { status: 'ok' as const };
    },
  });

  app.get('/api/ca', {
    schema: {
      tags,
      summary: "The fingerprint of the hub's CA, for people to compare",
      response: { 200: HubCa, ...PROBLEMS },
    },
    handler: () => ({ fingerprint: deps.caFingerprint() }),
  });

  app.get('/api/ca.pem', {
    schema: {
      tags,
      summary: "The certificate of the hub's CA, for browsers to trust",
      response: { 200: z.string(), ...PROBLEMS },
    },
    handler: async (request, reply) => {
      // A base requests this before it pairs, whatever names the certificate has.
      if (request.protocol === 'https') deps.requestedAs(request.hostname.replace(/^\[|\]$/g, ''));
      return await reply
        .type('application/x-pem-file')
        .header('content-disposition', 'attachment; filename="signalbox-ca.pem"')
        .send(deps.caPem());
    },
  });
}
