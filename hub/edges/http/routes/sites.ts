import { z } from 'zod';
import {
  InvitationAcceptance,
  InvitationCreated,
  InvitationRequest,
  MemberView,
  SiteRequest,
  SiteView,
} from '#protocol/http/accounts.ts';
import { RetentionRequest, RetentionView } from '#protocol/retention.ts';
import { SiteSnapshot } from '#protocol/http/sites.ts';
import { SiteLayout } from '#protocol/http/units.ts';
import { SiteId, UserId } from '#protocol/ids.ts';
import type { RetentionService } from '../../../domain/readings/retention-service.ts';
import type { SiteService } from '../../../domain/sites/site-service.ts';
import type { SnapshotService } from '../../../domain/snapshots/snapshot-service.ts';
import type { Guards } from '../guards.ts';
import type { HttpApp } from '../http-app.ts';
import type { RateLimits } from '../rate-limits.ts';
import { Nothing, PROBLEMS } from '../responses.ts';

export interface SiteRoutesDeps {
  readonly guards: Guards;
  readonly limits: RateLimits;
  readonly sites: SiteService;
  readonly snapshots: SnapshotService;
  readonly retention: RetentionService;
  /** Addresses of the hub that others can open. */
  readonly hubUrls: () => string[];
}

const tags = ['Sites'];
/** What a leaked token does must end with the token. */
const SESSION_ONLY = 'Needs a session: an API token cannot decide who belongs to a site.';
const SiteParams = z.strictObject({ siteId: SiteId });

/** Sites, their members and invitations, and the snapshot a dashboard starts from. */
export function siteRoutes(app: HttpApp, deps: SiteRoutesDeps): void {
  const { guards, limits, sites, snapshots, retention } = deps;

  app.get('/api/sites', {
    onRequest: guards.may('site.list'),
    schema: {
      tags,
      summary: 'The sites of the caller',
      response: { 200: z.object({ sites: z.array(SiteView) }), ...PROBLEMS },
    },
    handler: async (request) => ({ sites: await sites.list(guards.user(request)) }),
  });

  app.post('/api/sites', {
    onRequest: guards.may('site.create'),
    schema: {
      tags,
      summary: 'Create a site',
      body: SiteRequest,
      response: { 201: SiteView, ...PROBLEMS },
    },
    handler: async (request, reply) => {
      const site = await sites.create(guards.user(request), request.body.name);
      return await reply.status(201).send(site);
    },
  });

  app.get('/api/sites/:siteId', {
    onRequest: guards.may('site.read'),
    schema: {
      tags,
      summary: 'A site',
      params: SiteParams,
      response: { 200: SiteView, ...PROBLEMS },
    },
    handler: async (request) => await sites.get(guards.user(request), request.params.siteId),
  });

  app.patch('/api/sites/:siteId', {
    onRequest: guards.may('site.rename'),
    schema: {
      tags,
      summary: 'Rename a site (owners)',
      params: SiteParams,
      body: SiteRequest,
      response: { 200: SiteView, ...PROBLEMS },
    },
    handler: async (request) =>
      await sites.rename(guards.user(request), request.params.siteId, request.body.name),
  });

  app.get('/api/sites/:siteId/snapshot', {
    onRequest: guards.may('site.read'),
    schema: {
      tags,
      summary: 'The snapshot that a dashboard starts from',
      params: SiteParams,
      response: { 200: SiteSnapshot, ...PROBLEMS },
    },
    handler: async (request) => await snapshots.of(guards.user(request), request.params.siteId),
  });

  app.get('/api/sites/:siteId/retention', {
    onRequest: guards.may('site.read'),
    schema: {
      tags,
      summary: 'How long the readings of a site are kept',
      params: SiteParams,
      response: { 200: RetentionView, ...PROBLEMS },
    },
    handler: async (request) => await retention.get(guards.user(request), request.params.siteId),
  });

  app.put('/api/sites/:siteId/retention', {
    onRequest: guards.may('site.set_retention'),
    schema: {
      tags,
      summary: 'Choose how long the readings of a site are kept (owners)',
      description:
        'Needs a session. Refused with `deletion_unconfirmed` where it would delete something, unless `acceptsDeletion` is set; `details` say how much.',
      params: SiteParams,
      body: RetentionRequest,
      response: { 200: RetentionView, ...PROBLEMS },
    },
    handler: async (request) =>
      await retention.set(guards.user(request), request.params.siteId, request.body),
  });

  app.put('/api/sites/:siteId/layout', {
    onRequest: guards.may('layout.arrange'),
    schema: {
      tags,
      summary: "The caller's own order of the tiles",
      params: SiteParams,
      body: SiteLayout,
      response: { 204: Nothing, ...PROBLEMS },
    },
    handler: async (request, reply) => {
      const caller = guards.user(request);
      await sites.putLayout(caller, request.params.siteId, request.body.unitIds);
      return await reply.status(204).send(null);
    },
  });

  app.get('/api/sites/:siteId/members', {
    onRequest: guards.may('member.list'),
    schema: {
      tags,
      summary: 'The members of a site',
      params: SiteParams,
      response: { 200: z.object({ members: z.array(MemberView) }), ...PROBLEMS },
    },
    handler: async (request) => ({
      members: await sites.members(guards.user(request), request.params.siteId),
    }),
  });

  app.delete('/api/sites/:siteId/members/:userId', {
    onRequest: guards.may('member.leave'),
    schema: {
      tags,
      summary: 'Remove a member (owners), or leave',
      description: `${SESSION_ONLY} Open invitations and claim codes that the member made for the site end with the membership.`,
      params: z.strictObject({ siteId: SiteId, userId: UserId }),
      response: { 204: Nothing, ...PROBLEMS },
    },
    handler: async (request, reply) => {
      const { siteId, userId } = request.params;
      await sites.removeMember(guards.user(request), siteId, userId);
      return await reply.status(204).send(null);
    },
  });

  app.post('/api/sites/:siteId/invitations', {
    onRequest: guards.may('member.manage'),
    schema: {
      tags,
      summary: 'Invite someone (owners); the code is shown once',
      description: SESSION_ONLY,
      params: SiteParams,
      body: InvitationRequest,
      response: { 201: InvitationCreated, ...PROBLEMS },
    },
    handler: async (request, reply) => {
      const caller = guards.user(request);
      const created = await sites.invite(caller, request.params.siteId, request.body.role);
      return await reply.status(201).send({ ...created, hubUrls: deps.hubUrls() });
    },
  });

  app.post('/api/invitations/accept', {
    onRequest: [guards.may('account.manage'), limits.signUp],
    schema: {
      tags,
      summary: 'Accept an invitation with an existing account',
      body: InvitationAcceptance,
      response: { 200: SiteView, ...PROBLEMS },
    },
    handler: async (request) => await sites.accept(guards.person(request), request.body.code),
  });
}
