import { z } from 'zod';
import { SiteEventsPage, SiteEventsQuery } from '#protocol/http/events.ts';
import { SiteId } from '#protocol/ids.ts';
import type { EventPages } from '../../../delivery/event-pages.ts';
import type { SiteAccess } from '../../../domain/sites/site-access.ts';
import type { Guards } from '../guards.ts';
import type { HttpApp } from '../http-app.ts';
import { PROBLEMS } from '../responses.ts';

export interface EventRoutesDeps {
  readonly guards: Guards;
  readonly access: SiteAccess;
  readonly eventPages: EventPages;
}

/** What happened at a site, as it was stored. */
export function eventRoutes(app: HttpApp, deps: EventRoutesDeps): void {
  const { guards, access, eventPages } = deps;

  app.get('/api/sites/:siteId/events', {
    onRequest: guards.may('site.read'),
    schema: {
      tags: ['Sites'],
      summary: 'What happened at a site: the newest, or what came after a revision',
      params: z.strictObject({ siteId: SiteId }),
      querystring: SiteEventsQuery,
      response: { 200: SiteEventsPage, ...PROBLEMS },
    },
    handler: async (request) => {
      const { siteId } = request.params;
      await access.require(guards.user(request), siteId, 'site.read');
      return await eventPages.page(siteId, request.query);
    },
  });
}
