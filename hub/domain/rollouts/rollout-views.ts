import type { RolloutId } from '#protocol/ids.ts';
import type { RolloutView } from '#protocol/rollout/rollout.ts';
import { findRollout } from '../../store/rollouts.ts';
import type { Db } from '../../store/schema.ts';
import { talliesOf } from '../../store/unit-updates.ts';
import { rolloutView, tallyOf } from './rollout-view.ts';

/** Rollouts as clients see them. */
export class RolloutViews {
  readonly #db: Db;

  constructor(deps: { readonly db: Db }) {
    this.#db = deps.db;
  }

  async one(id: RolloutId): Promise<RolloutView | undefined> {
    const rollout = await findRollout(this.#db, id);
    if (!rollout) return undefined;
    const tallies = await talliesOf(this.#db, [id]);
    return rolloutView(rollout, tallies.get(id) ?? tallyOf([]));
  }
}
