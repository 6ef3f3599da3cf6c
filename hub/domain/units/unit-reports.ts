import type { Logger } from 'pino';
import { AppError } from '#protocol/errors.ts';
import type {
  UnitDescribed,
  UnitEventHappened,
  UnitPresenceChanged,
  UnitsDeclared,
} from '#protocol/hub-link/base-events.ts';
import type { Epoch, UnitId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { ClockQuality } from '#protocol/reading.ts';
import type { KnownBase } from '../bases/base-directory.ts';
import type { Owned, OwnedRecords } from './owned-records.ts';
import type { Actor } from '#protocol/events/actor.ts';
import type { SiteEventData } from '#protocol/events/site-event.ts';
import type { UnitAddress } from '#protocol/unit-address.ts';
import type { Work } from '../../store/unit-of-work.ts';
import { dropUnnamed } from '../../store/properties.ts';
import { isOvertaken } from '../../store/outbox-place.ts';
import type { UnitIdentity } from '../../store/unit-mapper.ts';
import {
  type PlainUnit,
  type UnitRecord,
  changeUnit,
  findPlainUnit,
  putDescription,
  putPresence,
  unitAtAddress,
} from '../../store/units.ts';
import { actorOf, type TelemetrySource } from '../../kernel/telemetry-source.ts';
import type { UnitService } from './unit-service.ts';

/** A report within the transaction that stores it. */
export interface ReportContext {
  readonly source: TelemetrySource;
  /** Its place in the order of the source: live reports overtake those of the backlog. */
  readonly epoch: Epoch;
  readonly seq: number;
  /** A time on the source's clock as one on the hub's. */
  readonly hubTime: (atMs: number) => number;
  /** No such time is later than this. */
  readonly latestMs: number;
  /** How far such a time can be trusted. */
  readonly clock: ClockQuality;
  readonly work: Work;
}

/** What a base says of the list of its units. */
interface DeclarationContext {
  readonly base: KnownBase;
  readonly work: Work;
}

/** Handles what sources report of units. */
export class UnitReports {
  readonly #deps: {
    readonly owned: OwnedRecords;
    readonly units: UnitService;
    readonly log: Logger;
  };

  constructor(deps: {
    readonly owned: OwnedRecords;
    readonly units: UnitService;
    readonly log: Logger;
  }) {
    this.#deps = deps;
  }

  async presence(
    unit: Owned<PlainUnit>,
    report: UnitPresenceChanged,
    context: ReportContext,
  ): Promise<void> {
    const { epoch, seq, hubTime, work, source } = context;
    if (isOvertaken(context, unit.presencePlace)) return;
    const sinceMs = hubTime(report.atMs);
    await putPresence(work.tx, unit.id, {
      state: report.state,
      sinceMs,
      code: report.code ?? null,
      lastContactAtMs: report.lastContactAtMs === null ? null : hubTime(report.lastContactAtMs),
      from: { epoch, seq },
    });
    work.emit({
      site: unit.siteId,
      type: 'unit.presence_changed',
      actor: actorOf(source, unit.id),
      data: {
        unitId: unit.id,
        unitName: unit.name,
        state: report.state,
        since: toInstant(sinceMs),
        ...(report.code === undefined ? {} : { code: report.code }),
      },
    });
  }

  async described(
    unit: Owned<PlainUnit>,
    report: UnitDescribed,
    context: ReportContext,
  ): Promise<void> {
    const { tx } = context.work;
    // Pinned at first contact: another board at this address is another unit.
    if (unit.hardwareId !== null && unit.hardwareId !== report.hardwareId) {
      throw new AppError('unit_wrong');
    }
    if (isOvertaken(context, unit.describedPlace)) return;
    const identity: UnitIdentity = {
      hardwareId: report.hardwareId,
      model: report.model,
      firmwareVersion: report.firmwareVersion,
      sessionPolicy: report.sessionPolicy,
      bootId: report.bootId,
      resetReason: report.resetReason,
      startedAt: toInstant(context.hubTime(report.startedAtMs)),
    };
    const { identityBefore, isOther } = await putDescription(tx, unit.id, {
      hardwareId: report.hardwareId,
      identity,
      description: report.description,
      from: { epoch: context.epoch, seq: context.seq },
    });
    // Bounds the table against a unit that keeps changing its description.
    const named = Object.keys(report.description.properties);
    await dropUnnamed(tx, unit.key, { named, keep: 2 * LIMITS.unitLink.affordances });
    context.work.emit({
      site: unit.siteId,
      type: 'unit.changed',
      actor: { kind: 'device', id: unit.id },
      data: {
        unitId: unit.id,
        unitName: unit.name,
        changes: {
          ...changedIdentity(identityBefore, identity),
          ...(isOther ? { description: true } : {}),
        },
      },
    });
  }

  event(
    unit: Owned<UnitRecord>,
    report: UnitEventHappened,
    { work, hubTime }: ReportContext,
  ): void {
    const atMs = hubTime(report.measuredAtMs);
    const said = {
      event: report.event,
      ...(report.data === undefined ? {} : { data: report.data }),
    };
    work.emit({
      site: unit.siteId,
      type: 'unit.event',
      actor: { kind: 'device', id: unit.id },
      data: { unitId: unit.id, unitName: unit.name, ...said, measuredAt: toInstant(atMs) },
    });
    const body = { unitId: unit.id, ...said, atMs };
    work.live(unit.siteId, { name: 'unit.event', body });
  }

  /**
   * Units of the base's configuration file, those added at the base, and those it found
   * at another address: the hub adds unknown ones, and moves those whose address
   * changed. One whose address another unit has is left unchanged, unless it
   * authenticated there with its key: then the other is no longer there. Without
   * another change, the base is notified.
   */
  async declared(report: UnitsDeclared, context: DeclarationContext): Promise<void> {
    const { base, work } = context;
    const { tx } = work;
    const actor: Actor = { kind: 'base', id: base.id };
    const changed: UnitId[] = [];
    let accepted = false;
    for (const declared of report.units) {
      const unit = await this.#deps.owned.unitOfBase(
        tx,
        { kind: 'base', id: base.id },
        declared.unitId,
      );
      const there = await unitAtAddress(tx, base.key, declared.address);
      const isAddressInUse = there !== undefined && there !== declared.unitId;
      if (isAddressInUse && declared.isProven === true) {
        const other = await findPlainUnit(tx, there);
        if (!other) throw new AppError('internal');
        const nowhere = { host: `${there}.invalid`, port: declared.address.port };
        await changeUnit(tx, there, { address: nowhere });
        if (unit) {
          await this.#move(unit, declared.address, context);
          changed.push(unit.id);
        }
        // The address that it leaves is a good guess for the other: a swap resolves itself.
        const left = unit ? unit.endpoint.address : nowhere;
        await this.#move(other, left, context);
        changed.push(there);
        if (unit) continue;
      } else if (isAddressInUse) {
        // The other units of the file can do nothing about it.
        const { unitId } = declared;
        this.#deps.log.warn({ baseId: base.id, unitId, there }, 'declared address in use');
        accepted = true;
        continue;
      }
      if (!unit) {
        const { address, link } = declared;
        await this.#deps.units.insert(work, {
          id: declared.unitId,
          siteId: base.siteId,
          name: declared.name.trim() === '' ? 'Unit' : declared.name,
          place: '',
          endpoint: { kind: 'base', baseKey: base.key, baseId: base.id, address, link },
          actor,
        });
      } else if (
        unit.endpoint.address.host !== declared.address.host ||
        unit.endpoint.address.port !== declared.address.port
      ) {
        await this.#move(unit, declared.address, context);
      } else {
        continue;
      }
      changed.push(declared.unitId);
    }
    if (accepted && changed.length === 0) throw new AppError('unit_address_taken');
    await this.#deps.units.logAssignment(work, base, changed);
  }

  async #move(unit: PlainUnit, address: UnitAddress, context: DeclarationContext): Promise<void> {
    const { work, base } = context;
    await changeUnit(work.tx, unit.id, { address });
    work.emit({
      site: unit.siteId,
      type: 'unit.changed',
      actor: { kind: 'base', id: base.id },
      data: { unitId: unit.id, unitName: unit.name, changes: { address } },
    });
  }
}

/** Changes in a unit's description of itself. */
function changedIdentity(
  before: UnitIdentity | null,
  now: UnitIdentity,
): SiteEventData<'unit.changed'>['changes'] {
  const { model, firmwareVersion, bootId, resetReason, startedAt } = now;
  return {
    ...(before?.model === model ? {} : { model }),
    ...(before?.firmwareVersion === firmwareVersion ? {} : { firmwareVersion }),
    ...(before?.bootId === bootId ? {} : { startedAt, resetReason }),
  };
}
