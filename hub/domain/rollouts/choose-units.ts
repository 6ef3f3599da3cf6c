import { AppError } from '#protocol/errors.ts';
import { type UnitId, UpdateId, newId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import { whyUnfit } from '#protocol/rollout/firmware-fit.ts';
import { isUpdateOver } from '#protocol/rollout/unit-update-state.ts';
import type { FirmwareManifest } from '#protocol/update/firmware-manifest.ts';
import type { RolloutRecord } from '../../store/rollouts.ts';
import type { ReadableRows } from '../../store/readable-rows.ts';
import type { Tx } from '../../store/schema.ts';
import { type UnitUpdateRecord, newestUpdates } from '../../store/unit-updates.ts';
import type { UnitIdentity } from '../../store/unit-mapper.ts';
import { type PlainUnit, identifiedUnitsOfSite } from '../../store/units.ts';

/** A unit that may get the image. */
type Candidate = PlainUnit & { readonly identity: UnitIdentity | null };

export interface UnitChoice {
  readonly rollout: RolloutRecord;
  readonly manifest: FirmwareManifest;
  /** All that fit, where none are named. */
  readonly unitIds: readonly UnitId[] | undefined;
  readonly canaryIds: readonly UnitId[] | undefined;
  readonly nowMs: number;
  readonly isThere: (unit: PlainUnit) => boolean;
  readonly readable: ReadableRows;
}

/**
 * The units of a new rollout in the order of their turns: the canaries, then
 * those that can be reached, then the others.
 *
 * @throws AppError `unit_unknown`, `rollout_unit_unfit`, `unit_updating` for
 *   units that were named; `rollout_empty`.
 */
export async function chooseUnits(tx: Tx, choice: UnitChoice): Promise<UnitUpdateRecord[]> {
  const { rollout, unitIds, nowMs, isThere } = choice;
  const all = await identifiedUnitsOfSite(tx, choice.readable, rollout.siteId);
  const updates = await newestUpdates(
    tx,
    choice.readable,
    all.map(({ key }) => key),
  );
  const isBusy = ({ key }: Candidate): boolean => {
    const update = updates.get(key);
    return update !== undefined && !isUpdateOver(update.state);
  };
  const chosen =
    unitIds === undefined
      ? all.filter((unit) => !unfit(unit, choice) && !isBusy(unit))
      : [...new Set(unitIds)].map((unitId) => {
          const unit = all.find(({ id }) => id === unitId);
          if (!unit) throw new AppError('unit_unknown', { details: { unitId } });
          const reason = unfit(unit, choice);
          if (reason) throw new AppError('rollout_unit_unfit', { details: { unitId, reason } });
          if (isBusy(unit)) throw new AppError('unit_updating', { details: { unitId } });
          return unit;
        });
  if (chosen.length === 0) throw new AppError('rollout_empty');
  const canaries = canariesOf(chosen, choice);
  const rest = chosen.filter((unit) => !canaries.includes(unit));
  const ordered = [
    ...canaries,
    ...rest.filter((unit) => isThere(unit)),
    ...rest.filter((unit) => !isThere(unit)),
  ];
  return ordered.map((unit, position) => ({
    id: newId(UpdateId, nowMs),
    rolloutId: rollout.id,
    unitKey: unit.key,
    unitId: unit.id,
    position,
    isCanary: canaries.includes(unit),
    fromVersion: unit.identity?.firmwareVersion ?? '',
    state: 'waiting',
    code: null,
    step: null,
    isOrdered: false,
    changedAtMs: nowMs,
    steps: [{ state: 'waiting', at: toInstant(nowMs) }],
    reportPlace: null,
  }));
}

function canariesOf(chosen: readonly Candidate[], choice: UnitChoice): Candidate[] {
  const { canaryIds, isThere } = choice;
  if (canaryIds === undefined) {
    const first = chosen.find((unit) => isThere(unit)) ?? chosen[0];
    return first ? [first] : [];
  }
  return [...new Set(canaryIds)].map((unitId) => {
    const unit = chosen.find(({ id }) => id === unitId);
    if (!unit) throw new AppError('rollout_unit_unfit', { details: { unitId } });
    return unit;
  });
}

/** Why a unit is none for this image. */
function unfit(unit: Candidate, { manifest }: UnitChoice): string | undefined {
  const { endpoint, identity } = unit;
  if (endpoint.kind !== 'base' || endpoint.link !== 'frames') return 'unit_unsupported';
  return identity ? whyUnfit(identity, manifest) : 'unit_undescribed';
}
