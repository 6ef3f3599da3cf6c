import type { Logger } from 'pino';
import type { z } from 'zod';
import type { DeviceMapping } from '#protocol/device/device-mapping.ts';
import { AppError } from '#protocol/errors.ts';
import type { UnitRequest } from '#protocol/http/unit-request.ts';
import type { UnitChange, UnitView } from '#protocol/http/units.ts';
import type { Actor } from '#protocol/events/actor.ts';
import type { SiteEventData } from '#protocol/events/site-event.ts';
import type { EndpointRequest } from '#protocol/http/unit-request.ts';
import { type DeviceId, type SiteId, UnitId, newId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { Requester } from '../accounts/principal.ts';
import type { KnownBase } from '../bases/base-directory.ts';
import type { Clock } from '#platform/clock.ts';
import { inChunks } from '#platform/in-chunks.ts';
import type { CommandWaiters } from '../../kernel/command-waiters.ts';
import { assignmentsOf } from '../../store/assignments.ts';
import { openCommandIds } from '../../store/commands.ts';
import type { ReadableRows } from '../../store/readable-rows.ts';
import { moveWaitingCommands } from '../../store/device-commands.ts';
import { findDevice } from '../../store/devices.ts';
import {
  type AcceptedOffer,
  insertMapping,
  mappingOf,
  putMappedDescription,
  putMapping,
  unitOfDevice,
} from '../../store/mapped-units.ts';
import { dropUnnamed } from '../../store/properties.ts';
import type { Db, Tx } from '../../store/schema.ts';
import { type BaseEndpointRecord, baseOf, type EndpointRecord } from '../../store/unit-endpoint.ts';
import type { LoggedBase, UnitOfWork, Work } from '../../store/unit-of-work.ts';
import {
  type PlainUnit,
  type UnitRecord,
  changeUnit,
  countUnits,
  deleteUnit,
  findPlainUnit,
  insertUnit,
  unitAtAddress,
} from '../../store/units.ts';
import { assigned } from './assigned.ts';
import { mappedDescription } from './mapped-description.ts';
import type { UnitViews } from './unit-views.ts';

export interface UnitServiceDeps {
  readonly db: Db;
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly log: Logger;
  readonly views: UnitViews;
  readonly readable: ReadableRows;
  readonly waiters: Pick<CommandWaiters, 'ended'>;
}

type NewUnitRequest = z.output<typeof UnitRequest>;
type BaseRequest = Extract<EndpointRequest, { kind: 'base' }>;
type DeviceRequest = Extract<EndpointRequest, { kind: 'mqtt_device' }>;

const HAS_DEVICE = { reason: 'the device of the unit is registered' };
const NO_DEVICE = { reason: 'the unit is no device with a mapping' };

/** A unit that is about to be. */
export interface NewUnit {
  readonly id: UnitId;
  readonly siteId: SiteId;
  readonly name: string;
  readonly place: string;
  readonly endpoint: EndpointRecord;
  /** The person who adds it. */
  readonly actor: Actor;
}

/** Adding, changing and removing units; the base learns of it through its log. */
export class UnitService {
  readonly #deps: UnitServiceDeps;

  constructor(deps: UnitServiceDeps) {
    this.#deps = deps;
  }

  /** Behind a base. */
  async add(
    base: KnownBase,
    request: Omit<NewUnitRequest, 'endpoint'> & { readonly endpoint: BaseRequest },
    actor: Actor,
  ): Promise<UnitView> {
    const { unitOfWork, clock, log } = this.#deps;
    const id = newId(UnitId, clock.nowMs());
    const { name, place } = request;
    await unitOfWork.run(async (work) => {
      await work.hold({ site: base.siteId });
      await this.insert(work, {
        ...{ id, siteId: base.siteId, name, place, actor },
        endpoint: { ...request.endpoint, baseKey: base.key, baseId: base.id },
      });
      await this.logAssignment(work, base, [id]);
    }, base.siteId);
    log.info({ unitId: id, baseId: base.id }, 'unit added');
    return await this.view(id);
  }

  /**
   * A device of the site.
   *
   * @throws AppError `device_unknown`, `device_has_unit`.
   */
  async addDevice(
    siteId: SiteId,
    request: Omit<NewUnitRequest, 'endpoint'> & {
      readonly endpoint: DeviceRequest & { readonly offer?: AcceptedOffer };
    },
    { account, actor }: Requester,
  ): Promise<UnitView> {
    const { unitOfWork, clock, log } = this.#deps;
    const id = newId(UnitId, clock.nowMs());
    const { name, place, endpoint } = request;
    const { kind, deviceId, mapping, offer } = endpoint;
    await unitOfWork.run(async (work) => {
      const { tx } = work;
      await work.hold({ site: siteId });
      const device = await findDevice(tx, deviceId);
      if (device?.siteId !== siteId) throw new AppError('device_unknown');
      await this.insert(work, { id, siteId, name, place, actor, endpoint: { kind, deviceId } });
      const unit = await findPlainUnit(tx, id);
      if (!unit) throw new AppError('internal');
      await insertMapping(tx, unit.key, { mapping, offer });
      await putMappedDescription(tx, unit.key, mappedDescription(mapping));
      // It may be connected already.
      work.wakeDevice(deviceId);
    }, account);
    log.info({ unitId: id, deviceId }, 'unit added');
    return await this.view(id);
  }

  /** @throws AppError `operation_not_allowed` for a unit that is no device. */
  async mapping(unit: UnitRecord): Promise<DeviceMapping> {
    const mapping = await mappingOf(this.#deps.db, unit.key);
    if (!mapping) throw new AppError('operation_not_allowed', { details: NO_DEVICE });
    return mapping;
  }

  /** What is reported from now on is read by it. */
  async remap(
    unit: UnitRecord,
    { mapping, offer }: { readonly mapping: DeviceMapping; readonly offer?: AcceptedOffer },
    { account, actor }: Requester,
  ): Promise<void> {
    await this.#deps.unitOfWork.run(async (work) => {
      const { tx } = work;
      await work.hold({ site: unit.siteId });
      if (!(await mappingOf(tx, unit.key)))
        throw new AppError('operation_not_allowed', { details: NO_DEVICE });
      const description = mappedDescription(mapping);
      await putMapping(tx, unit.key, { mapping, offer });
      await putMappedDescription(tx, unit.key, description);
      const named = Object.keys(description.properties);
      await dropUnnamed(tx, unit.key, { named, keep: 2 * LIMITS.unitLink.affordances });
      const data = {
        unitId: unit.id,
        unitName: unit.name,
        changes: { description: true },
      } as const;
      work.emit({ site: unit.siteId, type: 'unit.changed', actor, data });
    }, account);
  }

  async change(unit: UnitRecord, change: UnitChange, actor: Actor): Promise<UnitView> {
    const { unitOfWork } = this.#deps;
    await unitOfWork.run(async (work) => {
      const { tx } = work;
      await work.hold({ site: unit.siteId });
      const { endpoint } = unit;
      const way = change.endpoint;
      if (way && way.kind !== endpoint.kind) throw new AppError('bad_request');
      const address = way?.kind === 'base' ? way.address : undefined;
      const deviceId = way?.kind === 'mqtt_device' ? way.deviceId : undefined;
      if (address && endpoint.kind === 'base') {
        const { baseKey } = endpoint;
        await refuseUsedAddress(tx, { baseKey, address, own: unit.id });
      }
      if (deviceId !== undefined) await this.#attach(work, unit, deviceId);
      const changes = {
        ...(change.name === undefined ? {} : { name: change.name }),
        ...(change.place === undefined ? {} : { place: change.place }),
      };
      const changed = {
        ...changes,
        ...(address === undefined ? {} : { address }),
        ...(deviceId === undefined ? {} : { deviceId }),
      };
      await changeUnit(tx, unit.id, changed);
      work.emit({
        site: unit.siteId,
        type: 'unit.changed',
        actor,
        data: {
          unitId: unit.id,
          unitName: change.name ?? unit.name,
          changes: changed,
        },
      });
      const matters = change.name !== undefined || address !== undefined;
      const base = baseOf(endpoint);
      if (matters && base) await this.logAssignment(work, base, [unit.id]);
    }, unit.siteId);
    return await this.view(unit.id);
  }

  /** Another device is a unit whose own was unregistered: its history and what waits stay. */
  async #attach(work: Work, unit: UnitRecord, deviceId: DeviceId): Promise<void> {
    const { tx } = work;
    const device = await findDevice(tx, deviceId);
    if (device?.siteId !== unit.siteId) throw new AppError('device_unknown');
    const { endpoint } = unit;
    if (endpoint.kind !== 'mqtt_device' || (await findDevice(tx, endpoint.deviceId)))
      throw new AppError('operation_not_allowed', { details: HAS_DEVICE });
    await refuseUsedEndpoint(tx, { kind: 'mqtt_device', deviceId });
    await moveWaitingCommands(tx, unit.key, deviceId);
    work.wakeDevice(deviceId);
  }

  async remove(unit: UnitRecord, actor: Actor): Promise<void> {
    const { unitOfWork, waiters, log } = this.#deps;
    await unitOfWork.run(async (work) => {
      const { tx } = work;
      await work.hold({ site: unit.siteId });
      const stored = await findPlainUnit(tx, unit.id);
      if (!stored) throw new AppError('unit_unknown');
      // Its commands go with it.
      const open = await openCommandIds(tx, { unitKey: unit.key });
      await deleteUnit(tx, unit.id);
      const base = baseOf(stored.endpoint);
      if (base) await this.logAssignment(work, base, [unit.id]);
      emitRemoved(work, stored, actor);
      work.wake(() => {
        for (const id of open) waiters.ended(id);
        log.info({ unitId: unit.id, baseId: base?.id }, 'unit removed');
      });
    }, unit.siteId);
  }

  /** The caller logs the assignment. */
  async insert(work: Work, unit: NewUnit): Promise<void> {
    const { tx } = work;
    const nowMs = this.#deps.clock.nowMs();
    const { id, siteId, name, place, endpoint, actor } = unit;
    await refuseUsedEndpoint(tx, endpoint);
    await insertUnit(tx, { id, siteId, name, place, endpoint, createdAtMs: nowMs });
    work.emit({
      ...{ site: siteId, type: 'unit.added', actor },
      data: { unitId: id, unitName: name, place, endpoint: addedEndpoint(endpoint) },
    });
  }

  /** Puts what became of these units into the base's log, in entries that a socket carries. */
  async logAssignment(work: Work, base: LoggedBase, unitIds: readonly UnitId[]): Promise<void> {
    for (const some of inChunks(unitIds, LIMITS.unitsPerEntry)) {
      const units = await assignmentsOf(work.tx, this.#deps.readable, {
        baseKey: base.key,
        ids: some,
      });
      await work.appendToBaseLog(base, { type: 'units.assigned', data: assigned(some, units) });
    }
  }

  /** @throws AppError `unit_unknown`. */
  async view(id: UnitId): Promise<UnitView> {
    const view = await this.#deps.views.one(id);
    if (!view) throw new AppError('unit_unknown');
    return view;
  }
}

/** Emits the removal of a unit. */
function emitRemoved(
  work: Work,
  unit: Pick<PlainUnit, 'id' | 'name' | 'siteId' | 'endpoint'>,
  actor: Actor,
): void {
  const base = baseOf(unit.endpoint);
  work.emit({
    site: unit.siteId,
    type: 'unit.removed',
    actor,
    data: { unitId: unit.id, unitName: unit.name, ...(base && { baseId: base.id }) },
  });
}

/** As the event has it. */
function addedEndpoint(endpoint: EndpointRecord): SiteEventData<'unit.added'>['endpoint'] {
  if (endpoint.kind === 'mqtt_device') return endpoint;
  const { kind, baseId, address } = endpoint;
  return { kind, baseId, address };
}

async function refuseUsedEndpoint(tx: Tx, endpoint: EndpointRecord): Promise<void> {
  switch (endpoint.kind) {
    case 'base': {
      const { baseKey, address } = endpoint;
      if ((await countUnits(tx, baseKey)) >= LIMITS.unitsPerBase) throw new AppError('unit_limit');
      await refuseUsedAddress(tx, { baseKey, address });
      return;
    }
    case 'mqtt_device':
      // As many as the site may have devices, which are counted.
      if ((await unitOfDevice(tx, endpoint.deviceId)) !== undefined)
        throw new AppError('device_has_unit');
      return;
    default:
      endpoint satisfies never;
  }
}

async function refuseUsedAddress(
  tx: Tx,
  wanted: Pick<BaseEndpointRecord, 'baseKey' | 'address'> & { readonly own?: UnitId },
): Promise<void> {
  const there = await unitAtAddress(tx, wanted.baseKey, wanted.address);
  if (there !== undefined && there !== wanted.own) throw new AppError('unit_address_taken');
}
