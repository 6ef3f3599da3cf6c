import { useEffect, useState } from 'react';
import type { EventOutcome } from '#protocol/events/event-outcome.ts';
import type { SiteEvent } from '#protocol/events/site-event.ts';
import { personBehind } from '#protocol/events/actor.ts';
import { Button } from '../../components/button.tsx';
import { SelectField } from '../../components/select-field.tsx';
import { useServices, useSignedIn } from '../../components/services.ts';
import { useMay } from '../../components/use-may.ts';
import { useReadable } from '../../components/use-readable.ts';
import {
  ACTIVITY_KIND_NAMES,
  ACTIVITY_KINDS,
  type ActivityFilter,
  filterOf,
  isFiltered,
} from '../../state/activity-filter.ts';

const OUTCOMES = {
  failed: 'Problems',
  succeeded: 'Succeeded',
  cancelled: 'Cancelled',
} as const satisfies Record<EventOutcome, string>;

interface ActivityFiltersProps {
  readonly filter: ActivityFilter;
  /** Shown events include people who are no longer members. */
  readonly events: readonly SiteEvent[];
  readonly onChange: (filter: ActivityFilter) => void;
}

interface Option {
  readonly value: string;
  readonly label: string;
}

/** What of the activity is shown: as the address has it. */
export function ActivityFilters({ filter, events, onChange }: ActivityFiltersProps) {
  const units = useUnits(filter, events);
  const bases = useBases(filter);
  const people = usePeople(filter, events);
  const change = (name: keyof ActivityFilter) => (value: string) => {
    const search = new URLSearchParams();
    for (const [each, before] of Object.entries(filter)) {
      if (typeof before === 'string') search.set(each, before);
    }
    search.set(name, value);
    onChange(filterOf(search));
  };
  const kinds = ACTIVITY_KIND_NAMES.map((value) => ({ value, label: ACTIVITY_KINDS[value].label }));
  const outcomes = Object.entries(OUTCOMES).map(([value, label]) => ({ value, label }));
  return (
    <div className="activity-filters" role="group" aria-label="Filter">
      <Choice
        label="Kind"
        all="All kinds"
        value={filter.kind}
        options={kinds}
        onChange={change('kind')}
      />
      <Choice
        label="Unit"
        all="All units"
        value={filter.unit}
        options={units}
        onChange={change('unit')}
      />
      {bases.length > 1 || filter.base !== undefined ? (
        <Choice
          label="Base"
          all="All bases"
          value={filter.base}
          options={bases}
          onChange={change('base')}
        />
      ) : null}
      <Choice
        label="Person"
        all="Everybody"
        value={filter.person}
        options={people}
        onChange={change('person')}
      />
      <Choice
        label="Outcome"
        all="Any outcome"
        value={filter.outcome}
        options={outcomes}
        onChange={change('outcome')}
      />
      {isFiltered(filter) ? (
        <Button variant="subtle" size="md" onClick={() => onChange({})}>
          Clear
        </Button>
      ) : null}
    </div>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly all: string;
  readonly value: string | undefined;
  readonly options: readonly Option[];
  readonly onChange: (value: string) => void;
}

function Choice({ label, all, value, options, onChange }: ChoiceProps) {
  return (
    <SelectField
      aria-label={label}
      value={value ?? ''}
      options={[{ value: '', label: all }, ...options]}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

function useUnits({ unit }: ActivityFilter, events: readonly SiteEvent[]): Option[] {
  const { site } = useSignedIn();
  const units = useReadable(site.store.roster);
  const options: Option[] = units.map(({ id, name }) => ({ value: id, label: name }));
  options.sort((a, b) => a.label.localeCompare(b.label));
  if (unit === undefined || options.some(({ value }) => value === unit)) return options;
  const named = events.find(({ data }) => 'unitName' in data && data.unitName !== undefined);
  const name = named && 'unitName' in named.data ? named.data.unitName : undefined;
  return [...options, { value: unit, label: `${name ?? 'Unit'} (removed)` }];
}

function useBases({ base }: ActivityFilter): Option[] {
  const { site } = useSignedIn();
  const options: Option[] = useReadable(site.store.bases.all).map(({ id, name }) => ({
    value: id,
    label: name,
  }));
  const isKnown = base === undefined || options.some(({ value }) => value === base);
  return isKnown ? options : [...options, { value: base, label: 'Base (removed)' }];
}

/** Members, if visible to the user, and everyone who acted in a shown event. */
function usePeople({ person }: ActivityFilter, events: readonly SiteEvent[]): Option[] {
  const { accountApi } = useServices();
  const { site, user } = useSignedIn();
  const mayList = useMay('member.list');
  const [members, setMembers] = useState<readonly Option[]>([]);
  useEffect(() => {
    if (!mayList) return;
    let isOver = false;
    void accountApi.members(site.siteId).then(
      (list) => {
        if (!isOver)
          setMembers(list.map((each) => ({ value: each.user.id, label: each.user.name })));
      },
      // Those of the events do as well.
      () => undefined,
    );
    return () => {
      isOver = true;
    };
  }, [accountApi, mayList, site.siteId]);
  const options = new Map<string, string>([[user.id, user.name]]);
  for (const { actor } of events) {
    const id = personBehind(actor);
    const name = actor.owner?.name ?? actor.name;
    if (id !== undefined && name !== undefined) options.set(id, name);
  }
  for (const { value, label } of members) options.set(value, label);
  if (person !== undefined && !options.has(person)) options.set(person, 'Someone else');
  return [...options]
    .map(([value, label]) => ({ value, label }))
    .sort((a, b) => a.label.localeCompare(b.label));
}
