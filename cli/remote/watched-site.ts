import type { SiteChange } from '#client/site-change.ts';
import type { SiteEvent } from '#protocol/events/site-event.ts';
import type { BaseView } from '#protocol/http/bases.ts';
import type { SiteSnapshot } from '#protocol/http/sites.ts';
import type { UnitView } from '#protocol/http/units.ts';
import type { ScalarValue } from '#protocol/thing/data-schema.ts';

/** One thing that happened to a unit or a base, as it is printed. */
export interface WatchedChange {
  readonly type: 'value' | 'presence' | 'event' | 'command' | 'base' | 'removed';
  readonly unitId: string | null;
  /** Of the unit or the base. */
  readonly name: string;
  readonly key: string;
  readonly value: unknown;
}

/** The known state of a site's units; detects what is new in a change. */
export class WatchedSite {
  readonly #only: UnitView['id'] | undefined;
  readonly #units = new Map<UnitView['id'], UnitView>();
  readonly #bases = new Map<string, BaseView['presence']['state']>();
  #isKnown = false;

  /** @param only of this unit alone. */
  constructor(only: UnitView['id'] | undefined) {
    this.#only = only;
  }

  /** Everything that differs from the known state; the first snapshot is not news. */
  apply(snapshot: SiteSnapshot): WatchedChange[] {
    const isFirst = !this.#isKnown;
    this.#isKnown = true;
    const news = [
      ...snapshot.bases.flatMap((base) => this.#base(base)),
      ...snapshot.units.flatMap((unit) => this.#unit(unit)),
    ];
    for (const [id, unit] of this.#units) {
      if (snapshot.units.some((other) => other.id === id)) continue;
      this.#units.delete(id);
      news.push(changeOf(unit, 'removed', 'unit', null));
    }
    return isFirst ? [] : this.#wanted(news);
  }

  change(change: SiteChange): WatchedChange[] {
    return this.#wanted(this.#newsIn(change));
  }

  /** How something stands after events that were all reported: what they did not say is news. */
  resumed(change: SiteChange): WatchedChange[] {
    return this.change(change).filter(({ type }) => type !== 'event' && type !== 'command');
  }

  /** A stored event: each is news, also where all is as before by now. */
  happened(event: SiteEvent): WatchedChange[] {
    return this.#wanted(this.#newsOf(event));
  }

  #newsOf({ type, data }: SiteEvent): WatchedChange[] {
    switch (type) {
      case 'property.changed':
        this.#note(data.unitId, data.property, data.value);
        return [eventChange(data, 'value', data.property, data.value)];
      case 'unit.presence_changed': {
        const unit = this.#units.get(data.unitId);
        const { state, since } = data;
        if (unit)
          this.#units.set(unit.id, { ...unit, presence: { ...unit.presence, state, since } });
        return [eventChange(data, 'presence', 'presence', state)];
      }
      case 'unit.event':
        return [eventChange(data, 'event', data.event, data.data ?? null)];
      case 'unit.removed':
        this.#units.delete(data.unitId);
        return [eventChange(data, 'removed', 'unit', null)];
      case 'command.issued':
        return [eventChange(data, 'command', data.affordance, 'queued')];
      case 'command.ended':
        return [eventChange(data, 'command', data.affordance, data.state)];
      case 'base.presence_changed':
        this.#bases.set(data.baseId, data.state);
        return [baseChange(data.baseName, data.state)];
      default:
        // What else is stored is of the site, and not of what is watched.
        return [];
    }
  }

  /** A value that was reported: how things stand later is no news where it is the same. */
  #note(unitId: UnitView['id'], property: string, value: ScalarValue): void {
    const unit = this.#units.get(unitId);
    if (!unit || !Object.hasOwn(unit.reported, property)) return;
    const before = unit.reported[property];
    if (!before) return;
    const reported = { ...unit.reported, [property]: { ...before, value } };
    this.#units.set(unitId, { ...unit, reported });
  }

  #newsIn({ name, body }: SiteChange): WatchedChange[] {
    switch (name) {
      case 'unit.changed':
        return this.#unit(body.unit);
      case 'unit.values': {
        const unit = this.#units.get(body.unitId);
        return unit ? this.#unit({ ...unit, reported: body.reported }) : [];
      }
      case 'unit.removed': {
        const unit = this.#units.get(body.unitId);
        this.#units.delete(body.unitId);
        return unit ? [changeOf(unit, 'removed', 'unit', null)] : [];
      }
      case 'unit.event': {
        const unit = this.#units.get(body.unitId);
        return unit ? [changeOf(unit, 'event', body.event, body.data ?? null)] : [];
      }
      case 'readings.added':
        return this.#readings(body);
      case 'command.changed': {
        const unit = this.#units.get(body.command.unitId);
        const { affordance, state } = body.command;
        return unit ? [changeOf(unit, 'command', affordance, state)] : [];
      }
      case 'base.changed':
        return this.#base(body.base);
      case 'base.removed':
      case 'command.progress':
      case 'readings.dropped':
      case 'rollout.changed':
      case 'update.progress':
        return [];
      default:
        return name satisfies never;
    }
  }

  #base({ id, name, presence: { state } }: BaseView): WatchedChange[] {
    const isNews = this.#bases.get(id) !== state;
    this.#bases.set(id, state);
    return isNews ? [baseChange(name, state)] : [];
  }

  #readings({
    unitId,
    readings,
    inForce,
  }: Extract<SiteChange, { name: 'readings.added' }>['body']): WatchedChange[] {
    const unit = this.#units.get(unitId);
    if (!unit) return [];
    const reported = { ...unit.reported };
    const news = inForce.flatMap((property) => {
      const newest = readings.filter((reading) => reading.property === property).at(-1);
      if (!newest) return [];
      const { value, measuredAtMs, clock } = newest;
      const before = Object.hasOwn(reported, property) ? reported[property] : undefined;
      if (before) reported[property] = { ...before, value, measuredAtMs, clock };
      return before?.value === value ? [] : [changeOf(unit, 'value', property, value)];
    });
    this.#units.set(unitId, { ...unit, reported });
    return news;
  }

  #unit(unit: UnitView): WatchedChange[] {
    const before = this.#units.get(unit.id);
    this.#units.set(unit.id, unit);
    const news = Object.entries(unit.reported).flatMap(([name, { value }]) =>
      before && Object.hasOwn(before.reported, name) && before.reported[name]?.value === value
        ? []
        : [changeOf(unit, 'value', name, value)],
    );
    if (before?.presence.state !== unit.presence.state) {
      news.push(changeOf(unit, 'presence', 'presence', unit.presence.state));
    }
    return news;
  }

  #wanted(news: readonly WatchedChange[]): WatchedChange[] {
    const only = this.#only;
    return news.filter(({ unitId }) => only === undefined || unitId === only);
  }
}

function baseChange(name: string, state: BaseView['presence']['state']): WatchedChange {
  return { type: 'base', unitId: null, name, key: 'presence', value: state };
}

/** Of a unit that may be gone by now. */
function eventChange(
  { unitId, unitName }: { readonly unitId: string; readonly unitName?: string | undefined },
  ...[type, key, value]: readonly [type: WatchedChange['type'], key: string, value: unknown]
): WatchedChange {
  return { type, unitId, name: unitName ?? unitId, key, value };
}

function changeOf(
  { id, name }: UnitView,
  ...said: readonly [type: WatchedChange['type'], key: string, value: unknown]
): WatchedChange {
  return eventChange({ unitId: id, unitName: name }, ...said);
}
