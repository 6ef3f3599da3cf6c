import { HUB_ACTOR } from '#protocol/events/actor.ts';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect } from 'vitest';
import { AppError } from '#protocol/errors.ts';
import { RolloutRequest } from '#protocol/http/firmware.ts';
import { Epoch, EventId, type FirmwareId, newId, type UnitId, UserId } from '#protocol/ids.ts';
import type { UnitState } from '#protocol/presence.ts';
import type { UpdateOrder } from '#protocol/rollout/update-order.ts';
import { isUpdateOver, mayUpdateBecome } from '#protocol/rollout/unit-update-state.ts';
import type { UpdateState } from '#protocol/update/update-state.ts';
import { ReadableRows } from '../../store/readable-rows.ts';
import { rolloutsOfSite } from '../../store/rollouts.ts';
import { type UnitUpdateRecord, updatesOfRollout } from '../../store/unit-updates.ts';
import { FirmwareMaker } from '../firmware-file.ts';
import { describedLamp } from '../things.ts';
import { type FurnishedFolder, ModelHub } from './model-hub.ts';

const UNITS = 6;

/**
 * A hub with lamps, and a base that knows only the update orders that it received,
 * however late.
 */
export class RolloutFixture {
  readonly #furnished: FurnishedFolder;
  readonly #parent: string;
  readonly #outbox = newId(Epoch);
  readonly #readable = new ReadableRows({ log: pino({ level: 'silent' }) });
  /** Orders that the base has received, including withdrawn ones. */
  readonly #learned = new Map<UnitId, UpdateOrder>();
  #hub: ModelHub;
  #unitIds: readonly UnitId[] = [];
  #firmwareId: FirmwareId | undefined;
  #seq = 0;
  #runs = 0;

  private constructor(start: { hub: ModelHub; furnished: FurnishedFolder; parent: string }) {
    this.#hub = start.hub;
    this.#furnished = start.furnished;
    this.#parent = start.parent;
  }

  static async open(furnished: FurnishedFolder, parent: string): Promise<RolloutFixture> {
    const folder = join(parent, 'life 0');
    cpSync(furnished.folder, folder, { recursive: true });
    const fixture = new RolloutFixture({ hub: await ModelHub.open(folder), furnished, parent });
    await fixture.#furnish();
    return fixture;
  }

  async close(): Promise<void> {
    await this.#hub.close();
  }

  /** Refused by the hub if one is already open. */
  async start(plan: Omit<RolloutRequest, 'firmwareId'>): Promise<void> {
    const { siteId } = this.#furnished;
    const { rollouts } = this.#hub.services;
    if (this.#firmwareId === undefined) throw new Error('no firmware');
    const request = RolloutRequest.parse({ ...plan, firmwareId: this.#firmwareId });
    await orRefused(rollouts.start({ siteId, request, startedBy: 'user:model' }));
  }

  async change(verb: 'pause' | 'resume' | 'abort'): Promise<void> {
    const { rollouts } = this.#hub.services;
    for (const { id } of await this.#rollouts()) await orRefused(rollouts[verb](id, 'user:model'));
  }

  async sweep(): Promise<void> {
    await this.#hub.services.rollouts.sweep();
  }

  advance(ms: number): void {
    this.#hub.clock.advance(ms);
  }

  /** The base requests the whole state. */
  async learn(): Promise<void> {
    for (const { unitId, update } of await this.#assigned()) {
      if (update) this.#learned.set(unitId, update);
    }
  }

  /** The update known to the base, withdrawn or not. */
  async report(index: number, state: UpdateState): Promise<void> {
    const unitId = this.#unitIds[index % UNITS];
    const order = unitId && this.#learned.get(unitId);
    if (!unitId || !order) return;
    const { updateId, fileBytes: totalBytes } = order;
    const atMs = this.#hub.clock.nowMs();
    const change = { updateId, unitId, state, doneBytes: 0, totalBytes, code: null, atMs };
    await this.#send('update.changed', change);
  }

  async presence(index: number, state: UnitState): Promise<void> {
    const unitId = this.#unitIds[index % UNITS];
    const atMs = this.#hub.clock.nowMs();
    await this.#send('unit.presence', { unitId, state, atMs, lastContactAtMs: atMs });
  }

  /** Killed, and restarted on what is on disk. */
  async restart(): Promise<void> {
    this.#runs += 1;
    const folder = join(this.#parent, `life ${this.#runs}`);
    await this.#hub.settle();
    this.#hub.leaveBehind(folder);
    const nowMs = this.#hub.clock.nowMs();
    await this.#hub.close();
    this.#hub = await ModelHub.open(folder, nowMs);
    await this.#hub.services.connections.joined(this.#furnished.baseId, this.#connection);
  }

  /** Every unit is online and works. */
  async comeToRest(): Promise<void> {
    for (let round = 0; round < 4 * UNITS; round += 1) {
      await this.change('resume');
      await this.learn();
      for (let index = 0; index < UNITS; index += 1) {
        if (round === 0) await this.presence(index, 'ready');
        await this.report(index, 'confirmed');
      }
      this.advance(60_000);
      await this.sweep();
    }
    for (const rollout of await this.#rollouts()) {
      const updates = await updatesOfRollout(this.#hub.db, rollout.id);
      expect(rollout.endedAtMs, rollout.state).not.toBeNull();
      expect(updates.filter(({ state }) => state === 'waiting')).toEqual([]);
    }
    const { services, db } = this.#hub;
    expect((await services.rollouts.list(this.#furnished.siteId)).length).toBeGreaterThan(0);
    expect(
      await db.selectFrom('unit_updates').where('is_ordered', '=', 1).selectAll().execute(),
    ).toEqual([]);
  }

  /** What holds at any time. */
  async expectSound(): Promise<void> {
    const ordered: UnitUpdateRecord[] = [];
    for (const rollout of await this.#rollouts()) {
      const updates = await updatesOfRollout(this.#hub.db, rollout.id);
      const { rollout: view } = await this.#hub.services.rollouts.get(rollout.id);
      const begun = updates.filter(({ step }) => step !== null);
      expect(begun.length).toBeLessThanOrEqual(view.targets[view.step] ?? 0);
      for (const update of updates) expectLawful(update);
      const standing = updates.filter(({ isOrdered }) => isOrdered);
      // Ended rollouts order nothing more.
      if (rollout.endedAtMs !== null) expect(standing).toEqual([]);
      ordered.push(...standing);
    }
    // The base gets exactly that.
    const reported = (await this.#assigned()).flatMap(({ update }) =>
      update ? [update.updateId] : [],
    );
    expect(reported.sort()).toEqual(ordered.map(({ id }) => id).sort());
    expect(new Set(ordered.map(({ unitId }) => unitId)).size).toBe(ordered.length);
  }

  async #rollouts() {
    const { siteId } = this.#furnished;
    return await rolloutsOfSite(this.#hub.db, this.#readable, { siteId, limit: 100 });
  }

  /** Of this run of the hub. */
  get #connection(): string {
    return `run ${this.#runs}`;
  }

  async #assigned() {
    const { logs } = this.#hub.services;
    const { baseId } = this.#furnished;
    const answer = await logs.resume(
      baseId,
      { version: 1, epoch: null, lastSeq: 0 },
      { sentSeq: 0, ackedSeq: 0, connection: this.#connection },
    );
    if (answer.recovered) throw new Error('no snapshot');
    return answer.units;
  }

  async #send(type: string, data: object): Promise<void> {
    this.#seq += 1;
    const event = { id: newId(EventId), seq: this.#seq, type, data };
    const { intake } = this.#hub.services;
    const base = await this.#hub.base(this.#furnished.baseId);
    const batch = { epoch: this.#outbox, clockOffsetMs: 0, events: [event] };
    expect(await intake.ingest(base, batch)).toMatchObject({ accepted: 1, refused: [] });
  }

  async #furnish(): Promise<void> {
    const { services } = this.#hub;
    const { siteId, baseId, unitIds } = this.#furnished;
    await services.firmware.open();
    await services.connections.joined(baseId, this.#connection);
    const base = await this.#hub.base(baseId);
    const more: UnitId[] = [];
    for (let index = unitIds.length; index < UNITS; index += 1) {
      const address = { host: `192.0.2.${20 + index}`, port: 8888 };
      const endpoint = { kind: 'base', baseId, address, link: 'frames' } as const;
      const request = { name: 'Lamp', place: '', endpoint };
      const { id } = await services.units.add(base, request, HUB_ACTOR);
      await this.#send('unit.described', describedLamp(id, { hardwareId: `more ${index}` }));
      more.push(id);
    }
    this.#unitIds = [...unitIds, ...more];
    for (const index of this.#unitIds.keys()) await this.presence(index, 'ready');
    const file = await (await FirmwareMaker.create()).file();
    const { firmware } = await services.firmware.upload({
      siteId,
      content: (async function* () {
        yield await Promise.resolve(file);
      })(),
      userId: newId(UserId),
      uploadedBy: 'user:model',
    });
    this.#firmwareId = firmware.id;
  }
}

/** Every step of it may follow the one before. */
function expectLawful(update: UnitUpdateRecord): void {
  const steps = update.steps.map(({ state }) => state);
  for (const [index, state] of steps.entries()) {
    const before = steps[index - 1];
    if (before !== undefined) expect(mayUpdateBecome(before, state)).toBe(true);
  }
  expect(steps.filter((state) => state === 'waiting')).toHaveLength(1);
  if (isUpdateOver(update.state)) expect(update.isOrdered).toBe(false);
}

async function orRefused(done: Promise<unknown>): Promise<void> {
  try {
    await done;
  } catch (error) {
    const isRefusal = error instanceof AppError && error.code !== 'internal';
    if (!isRefusal) throw error;
  }
}
