import type { SiteChange } from '#client/site-change.ts';
import type { SiteSnapshot } from '#protocol/http/sites.ts';
import type { UnitView } from '#protocol/http/units.ts';

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

  /** @param only of this unit alone. */
  constructor(only: UnitView['id'] | undefined) {
    this.#only = only;
  }

  /** Everything that differs from the known state; the first snapshot is not news. */
  apply(snapshot: SiteSnapshot): WatchedChange[] {
    const isFirst = this.#units.size === 0;
    const news = snapshot.units.flatMap((unit) => this.#unit(unit));
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
      case 'base.changed': {
        const { base } = body;
        const { state } = base.presence;
        return [{ type: 'base', unitId: null, name: base.name, key: 'presence', value: state }];
      }
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

function changeOf(
  { id, name }: UnitView,
  type: WatchedChange['type'],
  key: string,
  value: unknown,
): WatchedChange {
  return { type, unitId: id, name, key, value };
}
