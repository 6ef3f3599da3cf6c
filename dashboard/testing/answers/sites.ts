import { SiteEventsQuery } from '#protocol/http/events.ts';
import type { FakeSite } from '../fake-site.ts';
import { ADA_USER } from './account.ts';
import { type Answer, type Call, ok } from './answer.ts';

/** `/api/sites/:id/events` */
export function eventsAnswer(site: FakeSite, { query }: Call): Answer {
  return ok(site.eventsPage(SiteEventsQuery.parse(Object.fromEntries(query))));
}

/** `/api/sites/:id/members` */
export function membersAnswer({ site }: FakeSite): Answer {
  return ok({ members: [{ user: ADA_USER, role: 'owner', since: site.createdAt }] });
}
