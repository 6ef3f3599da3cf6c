import type { Logger } from 'pino';
import { AppError } from '#protocol/errors.ts';
import type { WholeRolloutRequest } from '#protocol/http/firmware.ts';
import { type BaseId, RolloutId, type SiteId, newId } from '#protocol/ids.ts';
import {
  type RolloutState,
  RolloutView,
  UnitUpdate,
  isRolloutOpen,
} from '#protocol/rollout/rollout.ts';
import type { Clock } from '#platform/clock.ts';
import type { FirmwareService } from '../firmware/firmware-service.ts';
import { type Actor, HUB_ACTOR } from '#protocol/events/actor.ts';
import type { UnitOfWork, Work } from '../../store/unit-of-work.ts';
import { actorOfSubject } from '../accounts/principal.ts';
import { findFirmware } from '../../store/firmware.ts';
import type { ReadableRows } from '../../store/readable-rows.ts';
import { WRITERS } from '../../store/writers.ts';
import {
  type RolloutRecord,
  countOpenRollouts,
  dropOldRollouts,
  findRollout,
  insertRollout,
  openRollouts,
  rolloutsOfSite,
  saveRollout,
} from '../../store/rollouts.ts';
import type { Db } from '../../store/schema.ts';
import {
  type UnitUpdateRecord,
  insertUnitUpdate,
  saveUnitUpdate,
  talliesOf,
  unitUpdateView,
  updatesOfRollout,
} from '../../store/unit-updates.ts';
import { baseIdOf } from '#protocol/unit-endpoint.ts';
import { type UnitPresenceRecord, basesOfUnits, presencesOfSite } from '../../store/units.ts';
import type { BaseConnections } from '../bases/base-connections.ts';
import type { UnitService } from '../units/unit-service.ts';
import { chooseUnits } from './choose-units.ts';
import { type Decision, abort, decide } from './rollout-machine.ts';
import { machineOf, rolloutView, tallyOf } from './rollout-view.ts';
import type { UnitUpdateStates } from './unit-update-states.ts';

export interface RolloutServiceDeps {
  readonly db: Db;
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly log: Logger;
  readonly readable: ReadableRows;
  readonly connections: Pick<BaseConnections, 'onlineOf'>;
  readonly firmware: FirmwareService;
  readonly units: UnitService;
  readonly states: UnitUpdateStates;
  /** Looks at the rollouts at this time. */
  readonly sweeper: { readonly expect: (dueAtMs: number) => void };
}

/** Open rollouts of one site. */
const MAX_OPEN = 20;
/** Rollouts that are kept of a site, besides those that are open. */
const KEPT = 100;
/** Rollouts in one answer. */
const PAGE = 20;
/** Open rollouts are evaluated at least this often. */
const LOOK_EVERY_MS = 60_000;

/** Starts rollouts, brings them on, and ends them (docs/flows/update.md). */
export class RolloutService {
  readonly #deps: RolloutServiceDeps;

  constructor(deps: RolloutServiceDeps) {
    this.#deps = deps;
  }

  async start(wanted: {
    readonly siteId: SiteId;
    readonly request: WholeRolloutRequest;
    /** The requester. */
    readonly startedBy: string;
  }): Promise<RolloutView> {
    const { siteId, startedBy } = wanted;
    const { firmwareId, unitIds, canaryIds, ...plan } = wanted.request;
    const { firmware, clock, log } = this.#deps;
    const image = await firmware.get(firmwareId);
    if (image.siteId !== siteId) throw new AppError('firmware_unknown');
    if (image.signature === 'untrusted') throw new AppError('firmware_unsigned');
    const nowMs = clock.nowMs();
    const rollout: RolloutRecord = {
      id: newId(RolloutId, nowMs),
      siteId,
      firmwareId,
      model: image.manifest.model,
      version: image.manifest.version,
      plan,
      state: 'running',
      step: 0,
      hold: null,
      nextStepAtMs: null,
      startedBy,
      createdAtMs: nowMs,
      endedAtMs: null,
    };
    const actor = actorOfSubject(startedBy);
    const view = await this.#deps.unitOfWork.run(async (work) => {
      const { tx } = work;
      await work.hold({ site: siteId });
      // It may have been deleted since it was looked at.
      if (!(await findFirmware(tx, firmwareId))) throw new AppError('firmware_unknown');
      if ((await countOpenRollouts(tx, siteId)) >= MAX_OPEN) {
        throw new AppError('rollout_state', { details: { reason: `at most ${MAX_OPEN} at once` } });
      }
      const online = await this.#deps.connections.onlineOf(tx, siteId);
      const chosen = await chooseUnits(tx, {
        rollout,
        manifest: image.manifest,
        unitIds,
        canaryIds,
        nowMs,
        readable: this.#deps.readable,
        isThere: ({ endpoint, ...unit }) =>
          thereSince({ ...unit, baseId: baseIdOf(endpoint) }, online) !== undefined,
      });
      await dropOldRollouts(tx, siteId, KEPT);
      await insertRollout(tx, rollout);
      for (const update of chosen) {
        await insertUnitUpdate(tx, update);
        await this.#deps.states.emit(work, update, actor);
      }
      emitRollout(work, rollout, actor);
      return await this.#advance(work, rollout.id, actor);
    }, siteId);
    const { model, version } = view.firmware;
    log.info(
      {
        rolloutId: rollout.id,
        siteId,
        firmwareId,
        model,
        version,
        units: view.targets.at(-1),
        startedBy,
      },
      'rollout started',
    );
    return view;
  }

  /** @param from after which, and of which state. */
  async list(
    siteId: SiteId,
    from: { readonly before?: RolloutId | undefined; readonly db?: Db } = {},
  ): Promise<RolloutView[]> {
    const { readable } = this.#deps;
    const { before, db = this.#deps.db } = from;
    const rollouts = await rolloutsOfSite(db, readable, { siteId, before, limit: PAGE });
    const ids = rollouts.map(({ id }) => id);
    const tallies = await talliesOf(db, ids);
    return readable.each(rollouts, {
      what: 'rollout',
      idOf: ({ id }) => id,
      schema: RolloutView,
      make: (rollout) => rolloutView(rollout, tallies.get(rollout.id) ?? tallyOf([])),
    });
  }

  /** @throws AppError `rollout_unknown`. */
  async get(id: RolloutId): Promise<{ rollout: RolloutView; units: UnitUpdate[] }> {
    const { db } = this.#deps;
    const rollout = await findRollout(db, id);
    if (!rollout) throw new AppError('rollout_unknown');
    const units = await updatesOfRollout(db, id);
    return {
      rollout: rolloutView(rollout, tallyOf(units)),
      units: this.#deps.readable.each(units, {
        what: 'update',
        idOf: (update) => update.id,
        schema: UnitUpdate,
        make: (update) => unitUpdateView(update, rollout),
      }),
    };
  }

  async pause(id: RolloutId, by: string): Promise<RolloutView> {
    return await this.#change(id, { from: ['running'], to: 'paused', by });
  }

  async resume(id: RolloutId, by: string): Promise<RolloutView> {
    return await this.#change(id, { from: ['paused'], to: 'running', by });
  }

  async abort(id: RolloutId, by: string): Promise<RolloutView> {
    return await this.#change(id, { from: ['running', 'paused'], to: 'aborted', by });
  }

  /** Brings every open rollout on, and answers when to look again. */
  async sweep(): Promise<number | undefined> {
    const { db, unitOfWork, clock, log } = this.#deps;
    const ids = await openRollouts(db);
    if (ids.length === 0) return undefined;
    let nextMs = clock.nowMs() + LOOK_EVERY_MS;
    for (const id of ids) {
      try {
        const view = await unitOfWork.run(async (work) => {
          await this.#held(work, id);
          return await this.#advance(work, id, HUB_ACTOR);
        }, WRITERS.hub);
        if (view.nextStepAt !== null) nextMs = Math.min(nextMs, Date.parse(view.nextStepAt));
      } catch (error) {
        // One that fails delays none of the others.
        log.error({ err: error, rolloutId: id }, 'rollout not advanced');
      }
    }
    return nextMs;
  }

  async #change(
    id: RolloutId,
    change: {
      readonly from: readonly RolloutState[];
      readonly to: RolloutState;
      readonly by: string;
    },
  ): Promise<RolloutView> {
    const actor = actorOfSubject(change.by);
    const view = await this.#deps.unitOfWork.run(async (work) => {
      const rollout = await this.#held(work, id);
      if (!change.from.includes(rollout.state)) {
        throw new AppError('rollout_state', { details: { state: rollout.state } });
      }
      if (change.to === 'aborted') return await this.#abort(work, rollout, actor);
      const changed = { ...rollout, state: change.to };
      await saveRollout(work.tx, changed);
      emitRollout(work, changed, actor);
      return await this.#advance(work, id, actor);
    }, change.by);
    this.#deps.log.info(
      { rolloutId: id, state: change.to, by: change.by },
      'rollout changed by user',
    );
    return view;
  }

  async #abort(work: Work, rollout: RolloutRecord, actor: Actor): Promise<RolloutView> {
    const updates = await updatesOfRollout(work.tx, rollout.id);
    const decision = abort(machineOf(rollout, updates));
    return await this.#apply(work, rollout, { updates, decision, actor });
  }

  /** A rollout, with its site held. */
  async #held(work: Work, id: RolloutId): Promise<RolloutRecord> {
    const known = await findRollout(work.tx, id);
    if (known) await work.hold({ site: known.siteId });
    const rollout = known && (await findRollout(work.tx, id));
    if (!rollout) throw new AppError('rollout_unknown');
    return rollout;
  }

  /** Evaluates the state machine and applies the result. */
  async #advance(work: Work, id: RolloutId, actor: Actor): Promise<RolloutView> {
    const rollout = await findRollout(work.tx, id);
    if (!rollout) throw new AppError('rollout_unknown');
    const updates = await updatesOfRollout(work.tx, id);
    const online = await this.#deps.connections.onlineOf(work.tx, rollout.siteId);
    const there = new Map(
      (await presencesOfSite(work.tx, rollout.siteId)).map((unit) => [
        unit.id,
        thereSince(unit, online),
      ]),
    );
    const decision = decide(machineOf(rollout, updates), {
      nowMs: this.#deps.clock.nowMs(),
      thereSince: (unitId) => there.get(unitId),
    });
    const view = await this.#apply(work, rollout, { updates, decision, actor });
    // Again, for what depends on the units just started.
    return decision.order.length > 0 ? await this.#advance(work, id, actor) : view;
  }

  async #apply(
    work: Work,
    rollout: RolloutRecord,
    next: {
      readonly updates: readonly UnitUpdateRecord[];
      readonly decision: Decision;
      readonly actor: Actor;
    },
  ): Promise<RolloutView> {
    const { tx } = work;
    const { decision, actor } = next;
    const nowMs = this.#deps.clock.nowMs();
    const changed = await this.#turn(work, next);
    const moved: RolloutRecord = {
      ...rollout,
      state: decision.state,
      step: decision.step,
      hold: decision.hold,
      nextStepAtMs: decision.nextStepAtMs,
      endedAtMs: rollout.endedAtMs ?? (isRolloutOpen(decision.state) ? null : nowMs),
    };
    await saveRollout(tx, moved);
    if (isOther(rollout, moved)) emitRollout(work, moved, actor);
    const view = rolloutView(moved, tallyOf(changed));
    work.wake(() => this.#expect(rollout, view));
    return view;
  }

  /** Starts units, and withdraws orders that are no longer wanted. */
  async #turn(
    work: Work,
    next: {
      readonly updates: readonly UnitUpdateRecord[];
      readonly decision: Decision;
      readonly actor: Actor;
    },
  ): Promise<UnitUpdateRecord[]> {
    const { states, clock } = this.#deps;
    const { updates, actor } = next;
    const { order, cancel, step } = next.decision;
    const atMs = clock.nowMs();
    const toAssign: UnitUpdateRecord[] = [];
    const changed: UnitUpdateRecord[] = [];
    for (const update of updates) {
      let now: UnitUpdateRecord = update;
      if (order.includes(update.unitId)) {
        now = { ...update, isOrdered: true };
        now = (await states.move(work, now, { to: 'queued', step, atMs, actor })) ?? now;
        toAssign.push(now);
      } else if (cancel.includes(update.unitId)) {
        now = await this.#cancel(work, update, actor);
        if (update.isOrdered) toAssign.push(now);
      }
      changed.push(now);
    }
    await this.#assign(work, toAssign);
    return changed;
  }

  /** Updates that have not begun end at once; the base reports the end of the others. */
  async #cancel(work: Work, update: UnitUpdateRecord, actor: Actor): Promise<UnitUpdateRecord> {
    const { states, clock } = this.#deps;
    const withdrawn = { ...update, isOrdered: false };
    const hasBegun = update.state !== 'waiting' && update.state !== 'queued';
    if (hasBegun) {
      await saveUnitUpdate(work.tx, withdrawn);
      return withdrawn;
    }
    const move = { to: 'cancelled', atMs: clock.nowMs(), actor } as const;
    return (await states.move(work, withdrawn, move)) ?? withdrawn;
  }

  /** The bases learn of it as of any change of their units. */
  async #assign(work: Work, updates: readonly UnitUpdateRecord[]): Promise<void> {
    const { units } = this.#deps;
    const keys = new Set(updates.map((update) => update.unitKey));
    for (const { key, id, unitIds } of await basesOfUnits(work.tx, [...keys])) {
      await units.logAssignment(work, { key, id }, unitIds);
    }
  }

  #expect(before: RolloutRecord, view: RolloutView): void {
    const { sweeper, log } = this.#deps;
    if (view.endedAt === null) sweeper.expect(this.#deps.clock.nowMs() + LOOK_EVERY_MS);
    if (view.nextStepAt !== null) sweeper.expect(Date.parse(view.nextStepAt));
    if (before.state === view.state && before.step === view.step) return;
    const { id, state, step, counts } = view;
    log.info({ rolloutId: id, state, step, ...counts }, 'rollout changed');
  }
}

/** A unit that its base can reach, and a base that the hub can. */
function thereSince(
  { baseId, presence }: UnitPresenceRecord,
  online: ReadonlySet<BaseId>,
): number | undefined {
  const isThere = presence.state === 'ready' || presence.state === 'sleeping';
  return isThere && baseId !== null && online.has(baseId) ? presence.sinceMs : undefined;
}

function isOther(before: RolloutRecord, now: RolloutRecord): boolean {
  return (
    before.state !== now.state ||
    before.step !== now.step ||
    before.hold !== now.hold ||
    before.nextStepAtMs !== now.nextStepAtMs
  );
}

function emitRollout(work: Work, rollout: RolloutRecord, actor: Actor): void {
  const { model, version, state, step, hold } = rollout;
  work.emit({
    site: rollout.siteId,
    type: 'rollout.changed',
    actor,
    data: { rolloutId: rollout.id, model, version, state, step, hold },
  });
}
