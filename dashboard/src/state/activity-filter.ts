import { EventOutcome } from '#protocol/events/event-outcome.ts';
import { SITE_EVENT_TYPES, type SiteEventType } from '#protocol/events/site-event.ts';
import { BaseId, UnitId, UserId } from '#protocol/ids.ts';
import type { EventsRequest } from '#client/site-api.ts';

/** Kinds of events in the filter, and the types that each includes. */
export const ACTIVITY_KINDS = {
  commands: { label: 'Commands', types: of('command') },
  presence: { label: 'Presence', types: ['unit.presence_changed', 'base.presence_changed'] },
  values: { label: 'Values', types: of('property') },
  events: { label: 'Device events', types: ['unit.event'] },
  gaps: { label: 'Lost readings', types: of('readings') },
  firmware: { label: 'Firmware', types: [...of('firmware', 'rollout'), 'unit.update_changed'] },
  things: {
    label: 'Units, bases and devices',
    types: [
      ...of('claim_code', 'device'),
      ...['unit.added', 'unit.changed', 'unit.removed'],
      ...['base.added', 'base.changed', 'base.removed'],
    ].filter(isType),
  },
  people: { label: 'Site and members', types: of('site', 'member') },
} as const satisfies Record<string, { label: string; types: readonly SiteEventType[] }>;

export type ActivityKind = keyof typeof ACTIVITY_KINDS;
export const ACTIVITY_KIND_NAMES = Object.keys(ACTIVITY_KINDS).filter(isKind);

/** Which of the stored events are shown. */
export interface ActivityFilter {
  readonly kind?: ActivityKind | undefined;
  readonly unit?: UnitId | undefined;
  readonly base?: BaseId | undefined;
  readonly person?: UserId | undefined;
  readonly outcome?: EventOutcome | undefined;
}

const FILTERS = ['kind', 'unit', 'base', 'person', 'outcome'] as const;

/** What of an address is no filter is ignored: it may be mistyped, or of another version. */
export function filterOf(search: URLSearchParams): ActivityFilter {
  const kind = search.get('kind') ?? '';
  return {
    kind: isKind(kind) ? kind : undefined,
    unit: UnitId.safeParse(search.get('unit')).data,
    base: BaseId.safeParse(search.get('base')).data,
    person: UserId.safeParse(search.get('person')).data,
    outcome: EventOutcome.safeParse(search.get('outcome')).data,
  };
}

export function searchOf(filter: ActivityFilter): string {
  const search = new URLSearchParams();
  for (const name of FILTERS) {
    const value = filter[name];
    if (value !== undefined) search.set(name, value);
  }
  return search.toString();
}

export function isFiltered(filter: ActivityFilter): boolean {
  return FILTERS.some((name) => filter[name] !== undefined);
}

export function requestOf({ kind, unit, base, person, outcome }: ActivityFilter): EventsRequest {
  return {
    ...(kind === undefined ? {} : { type: [...ACTIVITY_KINDS[kind].types] }),
    ...(unit === undefined ? {} : { unit }),
    ...(base === undefined ? {} : { base }),
    ...(person === undefined ? {} : { person }),
    ...(outcome === undefined ? {} : { outcome }),
  };
}

function isKind(text: string): text is ActivityKind {
  return Object.hasOwn(ACTIVITY_KINDS, text);
}

function of(...nouns: readonly string[]): SiteEventType[] {
  return SITE_EVENT_TYPES.filter((type) => nouns.includes(type.split('.')[0] ?? ''));
}

function isType(text: string): text is SiteEventType {
  return SITE_EVENT_TYPES.some((type) => type === text);
}
