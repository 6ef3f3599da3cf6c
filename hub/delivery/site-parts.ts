import type { SitePart } from '#protocol/hub-link/site-channel.ts';
import type { UnitId } from '#protocol/ids.ts';
import type { BaseViews } from '../domain/bases/base-views.ts';
import type { RolloutViews } from '../domain/rollouts/rollout-views.ts';
import type { UnitCache } from '../domain/units/unit-cache.ts';
import type { UnitViews } from '../domain/units/unit-views.ts';
import type { ChangedThings } from './changed-things.ts';

/** Reads current state, as the watchers of a site see it. */
export class SiteParts {
  readonly #deps: {
    readonly directory: UnitCache;
    readonly units: UnitViews;
    readonly bases: BaseViews;
    readonly rollouts: RolloutViews;
  };

  constructor(deps: {
    readonly directory: UnitCache;
    readonly units: UnitViews;
    readonly bases: BaseViews;
    readonly rollouts: RolloutViews;
  }) {
    this.#deps = deps;
  }

  /** @param values units of which the values are wanted, unless all of them changes. */
  async of(things: Omit<ChangedThings, 'values'>, values: Iterable<UnitId>): Promise<SitePart[]> {
    const { units, bases, rollouts } = this.#deps;
    const parts: SitePart[] = [];
    for (const unitId of things.removedUnits)
      parts.push({ name: 'unit.removed', body: { unitId } });
    for (const baseId of things.removedBases)
      parts.push({ name: 'base.removed', body: { baseId } });
    for (const id of things.bases) {
      const base = await bases.one(id);
      if (base) parts.push({ name: 'base.changed', body: { base } });
    }
    for (const id of things.units) {
      const unit = await units.one(id);
      if (unit) parts.push({ name: 'unit.changed', body: { unit } });
    }
    for (const id of values) {
      if (!things.units.has(id)) parts.push(...(await this.#values(id)));
    }
    for (const id of things.rollouts) {
      const rollout = await rollouts.one(id);
      if (rollout) parts.push({ name: 'rollout.changed', body: { rollout } });
    }
    return parts;
  }

  async #values(unitId: UnitId): Promise<SitePart[]> {
    const { directory, units } = this.#deps;
    const unit = await directory.find(unitId);
    if (!unit) return [];
    return [{ name: 'unit.values', body: { unitId, ...(await units.valuesOf(unit)) } }];
  }
}
