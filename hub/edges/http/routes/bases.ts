import { z } from 'zod';
import { AppError } from '#protocol/errors.ts';
import {
  BaseChange,
  BaseClaim,
  BaseClaimed,
  BaseView,
  ClaimCodeCreated,
  ClaimCodeRequest,
  ClaimCodeStatus,
} from '#protocol/http/bases.ts';
import {
  DiscoveryAnswer,
  DiscoveryRequest,
  ProbeAnswer,
  ProbeRequest,
} from '#protocol/hub-link/discovery.ts';
import type { SitePermission } from '#protocol/access/permissions.ts';
import { BaseId, ClaimId, SiteId } from '#protocol/ids.ts';
import { type UserPrincipal, requesterOf } from '../../../domain/accounts/principal.ts';
import type { SiteAccess } from '../../../domain/sites/site-access.ts';
import type { BaseService } from '../../../domain/bases/base-service.ts';
import type { BaseViews } from '../../../domain/bases/base-views.ts';
import type { UnitFinder } from '../../../domain/bases/unit-finder.ts';
import type { Guards } from '../guards.ts';
import type { HttpApp } from '../http-app.ts';
import type { RateLimits } from '../rate-limits.ts';
import { Nothing, PROBLEMS } from '../responses.ts';

export interface BaseRoutesDeps {
  readonly guards: Guards;
  readonly limits: RateLimits;
  readonly access: SiteAccess;
  readonly baseService: BaseService;
  readonly baseViews: BaseViews;
  readonly unitFinder: UnitFinder;
}

const tags = ['Bases'];
/** What a leaked token does must end with the token. */
const SESSION_ONLY = 'Needs a session: an API token cannot decide which bases belong to a site.';
const SCAN_SESSION_ONLY = 'Needs a session: an API token must not search a base’s network.';
const BaseParams = z.strictObject({ baseId: BaseId });

/** Pairing bases by claim code; naming and removing them. */
export function baseRoutes(app: HttpApp, deps: BaseRoutesDeps): void {
  const { guards, limits, access, baseService: bases, baseViews, unitFinder } = deps;

  /** A base of a site at which the caller has this permission; to who has no role there, there is none. */
  const baseFor = async (
    caller: UserPrincipal,
    baseId: BaseId,
    permission: SitePermission,
  ): Promise<BaseView> => {
    const base = await baseViews.one(baseId);
    if (!base) throw new AppError('base_unknown');
    await access.require(caller, { siteId: base.siteId, unknown: 'base_unknown' }, permission);
    return base;
  };

  app.post('/api/sites/:siteId/claim-codes', {
    onRequest: guards.may('base.manage'),
    schema: {
      tags,
      summary: 'Create a claim code for a base (owners); it is shown once',
      description: SESSION_ONLY,
      params: z.strictObject({ siteId: SiteId }),
      body: ClaimCodeRequest,
      response: { 201: ClaimCodeCreated, ...PROBLEMS },
    },
    handler: async (request, reply) => {
      const { siteId } = request.params;
      const caller = guards.user(request);
      await access.require(caller, siteId, 'base.manage');
      const created = await bases.createClaimCode({
        siteId,
        baseName: request.body.baseName,
        createdBy: caller.userId,
      });
      return await reply.status(201).send(created);
    },
  });

  app.get('/api/claim-codes/:claimId', {
    onRequest: guards.may('site.read'),
    schema: {
      tags,
      summary: 'Status of a claim code',
      params: z.strictObject({ claimId: ClaimId }),
      response: { 200: ClaimCodeStatus, ...PROBLEMS },
    },
    handler: async (request) => {
      const claim = await bases.claimCode(request.params.claimId);
      const caller = guards.user(request);
      if (!claim || !(await access.may(caller, claim.siteId, 'site.read'))) {
        throw new AppError('claim_code_invalid');
      }
      return claim;
    },
  });

  app.post('/api/bases/claim', {
    onRequest: limits.claim,
    schema: {
      tags,
      summary: 'Pair a base with the secret of its claim code',
      body: BaseClaim,
      response: { 201: BaseClaimed, ...PROBLEMS },
    },
    handler: async (request, reply) =>
      await reply.status(201).send(await bases.claim(request.body)),
  });

  app.get('/api/bases/:baseId', {
    onRequest: guards.may('site.read'),
    schema: {
      tags,
      summary: 'A base',
      params: BaseParams,
      response: { 200: BaseView, ...PROBLEMS },
    },
    handler: async (request) =>
      await baseFor(guards.user(request), request.params.baseId, 'site.read'),
  });

  app.patch('/api/bases/:baseId', {
    onRequest: guards.may('base.rename'),
    schema: {
      tags,
      summary: 'Rename a base (managers and owners)',
      params: BaseParams,
      body: BaseChange,
      response: { 200: BaseView, ...PROBLEMS },
    },
    handler: async (request) => {
      const caller = guards.user(request);
      const { baseId } = request.params;
      await baseFor(caller, baseId, 'base.rename');
      await bases.rename(baseId, request.body.name, requesterOf(caller));
      return await baseFor(caller, baseId, 'base.rename');
    },
  });

  app.delete('/api/bases/:baseId', {
    onRequest: guards.may('base.manage'),
    schema: {
      tags,
      summary: 'Remove a base and its units (owners)',
      description: SESSION_ONLY,
      params: BaseParams,
      response: { 204: Nothing, ...PROBLEMS },
    },
    handler: async (request, reply) => {
      const caller = guards.user(request);
      const base = await baseFor(caller, request.params.baseId, 'base.manage');
      await bases.remove(base.id, requesterOf(caller));
      return await reply.status(204).send(null);
    },
  });

  app.post('/api/bases/:baseId/discovery', {
    onRequest: guards.may('base.discover'),
    schema: {
      tags,
      summary:
        'Units and serial ports that a base sees (managers and owners); waits briefly for changes',
      description: SCAN_SESSION_ONLY,
      params: BaseParams,
      body: DiscoveryRequest,
      response: { 200: DiscoveryAnswer, ...PROBLEMS },
    },
    handler: async (request) => {
      const caller = guards.user(request);
      const { userId } = caller;
      const { id: baseId } = await baseFor(caller, request.params.baseId, 'base.discover');
      return await unitFinder.discover({ baseId, userId }, request.body);
    },
  });

  app.post('/api/bases/:baseId/probe', {
    onRequest: guards.may('base.discover'),
    schema: {
      tags,
      summary: 'What answers at an address on a base’s network (managers and owners)',
      description: SCAN_SESSION_ONLY,
      params: BaseParams,
      body: ProbeRequest,
      response: { 200: ProbeAnswer, ...PROBLEMS },
    },
    handler: async (request) => {
      const caller = guards.user(request);
      const { userId } = caller;
      const { id: baseId } = await baseFor(caller, request.params.baseId, 'base.discover');
      return await unitFinder.probe({ baseId, userId }, request.body);
    },
  });
}
