import { z } from 'zod';
import {
  RolloutDetails,
  RolloutList,
  RolloutListQuery,
  RolloutRequest,
} from '#protocol/http/firmware.ts';
import type { SitePermission } from '#protocol/access/permissions.ts';
import { RolloutId, SiteId } from '#protocol/ids.ts';
import { RolloutView } from '#protocol/rollout/rollout.ts';
import { subjectOf, type UserPrincipal } from '../../../domain/accounts/principal.ts';
import type { SiteAccess } from '../../../domain/sites/site-access.ts';
import type { RolloutService } from '../../../domain/rollouts/rollout-service.ts';
import type { Guards } from '../guards.ts';
import type { HttpApp } from '../http-app.ts';
import { PROBLEMS } from '../responses.ts';

export interface RolloutRoutesDeps {
  readonly guards: Guards;
  readonly access: SiteAccess;
  readonly rollouts: RolloutService;
}

const tags = ['Firmware'];
const SiteParams = z.strictObject({ siteId: SiteId });
const RolloutParams = z.strictObject({ rolloutId: RolloutId });

/** What a person does to a rollout that runs. */
const CHANGES = [
  {
    verb: 'pause',
    summary:
      'Pause a rollout (managers and owners): starts no further units; updates in progress continue',
  },
  { verb: 'resume', summary: 'Resume a paused rollout (managers and owners)' },
  {
    verb: 'abort',
    summary: 'End a rollout (managers and owners); units keep firmware that they already run',
  },
] as const;

/** Rollouts: managers start, pause and end them, everyone sees their progress. */
export function rolloutRoutes(app: HttpApp, deps: RolloutRoutesDeps): void {
  const { guards, access, rollouts } = deps;

  /** To others there is none. */
  const rolloutFor = async (
    caller: UserPrincipal,
    id: RolloutId,
    permission: SitePermission,
  ): Promise<RolloutDetails> => {
    const details = await rollouts.get(id);
    await access.require(
      caller,
      { siteId: details.rollout.siteId, unknown: 'rollout_unknown' },
      permission,
    );
    return details;
  };

  app.post('/api/sites/:siteId/rollouts', {
    onRequest: guards.may('rollout.manage'),
    schema: {
      tags,
      summary: 'Start a rollout: update units step by step (managers and owners)',
      params: SiteParams,
      body: RolloutRequest,
      response: { 201: RolloutView, ...PROBLEMS },
    },
    handler: async (request, reply) => {
      const { siteId } = request.params;
      const caller = guards.user(request);
      await access.require(caller, siteId, 'rollout.manage');
      const started = await rollouts.start({
        siteId,
        request: request.body,
        startedBy: subjectOf(caller),
      });
      return await reply.status(201).send(started);
    },
  });

  app.get('/api/sites/:siteId/rollouts', {
    onRequest: guards.may('site.read'),
    schema: {
      tags,
      summary: 'The rollouts of a site, newest first',
      params: SiteParams,
      querystring: RolloutListQuery,
      response: { 200: RolloutList, ...PROBLEMS },
    },
    handler: async (request) => {
      const { siteId } = request.params;
      await access.require(guards.user(request), siteId, 'site.read');
      return { rollouts: await rollouts.list(siteId, { before: request.query.before }) };
    },
  });

  app.get('/api/rollouts/:rolloutId', {
    onRequest: guards.may('site.read'),
    schema: {
      tags,
      summary: 'A rollout, and the state of each of its units',
      params: RolloutParams,
      response: { 200: RolloutDetails, ...PROBLEMS },
    },
    handler: async (request) =>
      await rolloutFor(guards.user(request), request.params.rolloutId, 'site.read'),
  });

  for (const { verb, summary } of CHANGES) {
    app.post(`/api/rollouts/:rolloutId/${verb}`, {
      onRequest: guards.may('rollout.manage'),
      schema: {
        tags,
        summary,
        params: RolloutParams,
        response: { 200: RolloutView, ...PROBLEMS },
      },
      handler: async (request) => {
        const caller = guards.user(request);
        const { rolloutId } = request.params;
        const { rollout } = await rolloutFor(caller, rolloutId, 'rollout.manage');
        return await rollouts[verb](rollout.id, subjectOf(caller));
      },
    });
  }
}
