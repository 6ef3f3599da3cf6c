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
import type { Owned, OwnedRows } from './owned-rows.ts';
import type { Actor } from '#protocol/events/actor.ts';
import type { SiteEventData } from '#protocol/events/site-event.ts';
import type { UnitAddress } from '#protocol/unit-address.ts';
import type { Work } from '../../store/unit-of-work.ts';
import { dropUnnamed } from '../../store/properties.ts';
import {
  type UnitIdentity,
  type UnitRecord,
  type UnitRow,
  findUnit,
  identityOf,
  unitAtAddress,
  updateUnit,
} from '../../store/units.ts';
import type { UnitService } from './unit-service.ts';

/** A report within the transaction that stores it. */
export interface ReportContext {
  readonly base: KnownBase;
  /** Its place in the base's outbox: live reports overtake those of the backlog. */
  readonly epoch: Epoch;
  readonly seq: number;
  /** A time on the base's clock as one on the hub's. */
  readonly hubTime: (atMs: number) => number;
  /** No such time is later than this. */
  readonly latestMs: number;
  /** How far such a time can be trusted. */
  readonly clock: ClockQuality;
  readonly work: Work;
}

/** What bases say of their units. */
export class UnitReports {
  readonly #deps: {
    readonly owned: OwnedRows;
    readonly units: UnitService;
    readonly log: Logger;
    /** A unit came or went. */
    readonly presenceChanged: () => void;
  };

  constructor(deps: {
    readonly owned: OwnedRows;
    readonly units: UnitService;
    readonly log: Logger;
    readonly presenceChanged: () => void;
  }) {
    this.#deps = deps;
  }

  async presence(
    row: Owned<UnitRow>,
    report: UnitPresenceChanged,
    context: ReportContext,
  ): Promise<void> {
    const { epoch, seq, hubTime, work, base } = context;
    if (isOvertaken(context, { epoch: row.presence_epoch, seq: row.presence_seq })) return;
    const sinceMs = hubTime(report.atMs);
    await updateUnit(work.tx, row.id, {
      presence_state: report.state,
      presence_since: sinceMs,
      presence_code: report.code ?? null,
      presence_epoch: epoch,
      presence_seq: seq,
      ...(report.lastContactAtMs === null
        ? {}
        : { last_contact_at: hubTime(report.lastContactAtMs) }),
    });
    work.emit({
      site: row.site_id,
      type: 'unit.presence_changed',
      actor: { kind: 'base', id: base.id },
      data: {
        unitId: row.id,
        unitName: row.name,
        state: report.state,
        since: toInstant(sinceMs),
        ...(report.code === undefined ? {} : { code: report.code }),
      },
    });
    work.wake(this.#deps.presenceChanged);
  }

  async described(
    row: Owned<UnitRow>,
    report: UnitDescribed,
    context: ReportContext,
  ): Promise<void> {
    const { tx } = context.work;
    // Pinned at first contact: another board at this address is another unit.
    if (row.hardware_id !== null && row.hardware_id !== report.hardwareId) {
      throw new AppError('unit_wrong');
    }
    if (isOvertaken(context, { epoch: row.described_epoch, seq: row.described_seq })) return;
    const identity: UnitIdentity = {
      hardwareId: report.hardwareId,
      model: report.model,
      firmwareVersion: report.firmwareVersion,
      sessionPolicy: report.sessionPolicy,
      bootId: report.bootId,
      resetReason: report.resetReason,
      startedAt: toInstant(context.hubTime(report.startedAtMs)),
    };
    const description = JSON.stringify(report.description);
    await updateUnit(tx, row.id, {
      hardware_id: report.hardwareId,
      identity: JSON.stringify(identity),
      description,
      described_epoch: context.epoch,
      described_seq: context.seq,
    });
    // One that describes itself ever otherwise would fill the table with what it once named.
    const named = Object.keys(report.description.properties);
    await dropUnnamed(tx, row.key, { named, keep: 2 * LIMITS.unitLink.affordances });
    context.work.emit({
      site: row.site_id,
      type: 'unit.changed',
      actor: { kind: 'device', id: row.id },
      data: {
        unitId: row.id,
        unitName: row.name,
        changes: {
          ...changedIdentity(identityOf(row), identity),
          ...(row.description === description ? {} : { description: true }),
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
      data: { unitId: unit.id, unitName: unit.row.name, ...said, measuredAt: toInstant(atMs) },
    });
    const body = { unitId: unit.id, ...said, atMs };
    work.live(unit.siteId, { name: 'unit.event', body });
  }

  /**
   * Units of the base's own configuration file, those that were added at the
   * base, and those that it found at another address: the hub adds those it does
   * not know, and moves those whose address changed there. Those whose
   * address another unit has are left as they are, unless they proved there
   * by their key who they are: then the other is not there any more; with nothing else to
   * change, the base is told so.
   *
   */
  async declared(report: UnitsDeclared, context: ReportContext): Promise<void> {
    const { base, work } = context;
    const { tx } = work;
    const actor: Actor = { kind: 'base', id: base.id };
    const changed: UnitId[] = [];
    let taken = false;
    for (const declared of report.units) {
      const unit = await this.#deps.owned.unitOrNone(tx, base, declared.unitId);
      const there = await unitAtAddress(tx, base.key, declared.address);
      const isTaken = there !== undefined && there !== declared.unitId;
      if (isTaken && declared.isProven === true) {
        const other = await findUnit(tx, there);
        if (!other) throw new AppError('internal');
        const nowhere = { host: `${there}.invalid`, port: declared.address.port };
        await updateUnit(tx, there, nowhere);
        if (unit) {
          await this.#move(unit.row, declared.address, context);
          changed.push(unit.id);
        }
        // What it leaves is as good a guess as any for the other: two that were exchanged fit.
        const left = unit ? { host: unit.row.host, port: unit.row.port } : nowhere;
        await this.#move(other, left, context);
        changed.push(there);
        if (unit) continue;
      } else if (isTaken) {
        // The other units of the file can do nothing about it.
        const { unitId } = declared;
        this.#deps.log.warn({ baseId: base.id, unitId, there }, 'declared address is taken');
        taken = true;
        continue;
      }
      if (!unit) {
        await this.#deps.units.insert(work, {
          id: declared.unitId,
          base,
          name: declared.name.trim() === '' ? 'Unit' : declared.name,
          place: '',
          address: declared.address,
          link: declared.link,
          actor,
        });
      } else if (
        unit.row.host !== declared.address.host ||
        unit.row.port !== declared.address.port
      ) {
        await this.#move(unit.row, declared.address, context);
      } else {
        continue;
      }
      changed.push(declared.unitId);
    }
    if (taken && changed.length === 0) throw new AppError('unit_address_taken');
    await this.#deps.units.logAssignment(work, base, changed);
  }

  async #move(row: UnitRow, { host, port }: UnitAddress, context: ReportContext): Promise<void> {
    const { work, base } = context;
    await updateUnit(work.tx, row.id, { host, port });
    work.emit({
      site: row.site_id,
      type: 'unit.changed',
      actor: { kind: 'base', id: base.id },
      data: { unitId: row.id, unitName: row.name, changes: { address: { host, port } } },
    });
  }
}

/** What a unit says of itself that it did not say before. */
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

/** Whether a later report of the same outbox is in force already. */
function isOvertaken(
  report: { readonly epoch: Epoch; readonly seq: number },
  inForce: { readonly epoch: Epoch | null; readonly seq: number | null },
): boolean {
  return inForce.epoch === report.epoch && inForce.seq !== null && inForce.seq > report.seq;
}
