import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { STAGE } from '#protocol/command/command-stage.ts';
import { AppError, type ErrorCode } from '#protocol/errors.ts';
import { BaseEventBatch, BatchReceipt } from '#protocol/hub-link/base-events.ts';
import { BaseId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { EventIntake } from '../../../ingest/event-intake.ts';
import type { WebhookVerifier } from '../../../ingest/webhook-verifier.ts';
import type { HttpApp } from '../http-app.ts';
import { rawJsonBodies } from '../json-bodies.ts';
import type { LoadBound } from '../load-bound.ts';
import type { RateLimits } from '../rate-limits.ts';
import { PROBLEMS } from '../responses.ts';

export interface WebhookRoutesDeps {
  readonly limits: RateLimits;
  readonly verifier: WebhookVerifier;
  readonly intake: EventIntake;
  readonly load: LoadBound;
}

/** Signed batches of bases, verified over the bytes as received. */
export function webhookRoutes(app: HttpApp, deps: WebhookRoutesDeps): void {
  const { limits, verifier, intake, load } = deps;
  const refuse = async (request: FastifyRequest, code: ErrorCode): Promise<never> => {
    await limits.failures(request);
    throw new AppError(code);
  };

  // Its own context: only here JSON is kept as bytes.
  void app.register((scope: HttpApp, _options, done) => {
    rawJsonBodies(scope, load);
    scope.post('/api/webhooks/bases/:baseId', {
      bodyLimit: LIMITS.webhookBodyBytes,
      // Callers that can be refused early do not get half a megabyte read.
      onRequest: async (request) => {
        const { baseId } = request.params;
        const verdict = await verifier.precheck(baseId, request.headers);
        if (!verdict.ok) await refuse(request, verdict.code);
      },
      schema: {
        tags: ['Webhooks'],
        summary: 'Events of a base: a signed Standard Webhooks batch (docs/channels.md)',
        params: z.strictObject({ baseId: BaseId }),
        body: z.instanceof(Uint8Array),
        response: { 200: BatchReceipt, ...PROBLEMS },
      },
      handler: async (request) => {
        const { headers, body } = request;
        const verdict = await verifier.check(request.params.baseId, { headers, body });
        if (!verdict.ok) return await refuse(request, verdict.code);
        const batch = parseBatch(body).data;
        request.log.debug(
          { baseId: verdict.base.id, events: batch.events.length, stage: STAGE.hubVerified },
          'batch verified',
        );
        return await intake.ingest(verdict.base, batch);
      },
    });
    done();
  });
}

function parseBatch(body: Uint8Array): BaseEventBatch {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(body).toString('utf8'));
  } catch (error) {
    throw new AppError('malformed_json', { cause: error });
  }
  const parsed = BaseEventBatch.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new AppError('bad_request', {
    cause: parsed.error,
    details: { path: issue?.path.join('.') ?? '', reason: issue?.message ?? '' },
  });
}
