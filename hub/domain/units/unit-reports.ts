import type { Logger } from 'pino';
import { AppError } from '#protocol/errors.ts';
import type {
  UnitDescribed,
  UnitEventHappened,
  UnitPresenceChanged,
  UnitsDeclared,
} from '#protocol/hub-link/base-events.ts';
import type { LogEntry } from '#protocol/hub-link/base-log.ts';
import type { Epoch, UnitId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { ClockQuality } from '#protocol/reading.ts';
import type { BaseRecord } from '../bases/base-directory.ts';
import type { Owned, OwnedRows } from './owned-rows.ts';
import type { Publisher } from '../../kernel/publisher.ts';
import type { AfterCommit } from '../../store/after-commit.ts';
import { dropUnnamed } from '../../store/properties.ts';
import type { Tx } from '../../store/schema.ts';
import {
  type UnitIdentity,
  type UnitRecord,
  type UnitRow,
  unitAtAddress,
  updateUnit,
} from '../../store/units.ts';
import type { UnitService } from './unit-service.ts';

/** A report within the transaction that stores it. */
export interface ReportContext {
  readonly base: BaseRecord;
  /** Its place in the base's outbox: live reports overtake those of the backlog. */
  readonly epoch: Epoch;
  readonly seq: number;
  /** A time on the base's clock as one on the hub's. */
  readonly hubTime: (atMs: number) => number;
  /** No such time is later than this. */
  readonly latestMs: number;
  /** How far such a time can be trusted. */
  readonly clock: ClockQuality;
  readonly after: AfterCommit;
}

/** What bases say of their units. */
export class UnitReports {
  readonly #deps: {
    readonly owned: OwnedRows;
    readonly units: UnitService;
    readonly publisher: Publisher;
    readonly log: Logger;
    /** A unit came or went. */
    readonly presenceChanged: () => void;
  };

  constructor(deps: {
    readonly owned: OwnedRows;
    readonly units: UnitService;
    readonly publisher: Publisher;
    readonly log: Logger;
    readonly presenceChanged: () => void;
  }) {
    this.#deps = deps;
  }

  async presence(
    tx: Tx,
    row: Owned<UnitRow>,
    report: UnitPresenceChanged,
    context: ReportContext,
  ): Promise<void> {
    const { epoch, seq, hubTime, after } = context;
    if (isOvertaken(context, { epoch: row.presence_epoch, seq: row.presence_seq })) return;
    await updateUnit(tx, row.id, {
      presence_state: report.state,
      presence_since: hubTime(report.atMs),
      presence_code: report.code ?? null,
      presence_epoch: epoch,
      presence_seq: seq,
      ...(report.lastContactAtMs === null
        ? {}
        : { last_contact_at: hubTime(report.lastContactAtMs) }),
    });
    after.unitChanged(row.id);
    after.do(this.#deps.presenceChanged);
  }

  async described(
    tx: Tx,
    row: Owned<UnitRow>,
    report: UnitDescribed,
    context: ReportContext,
  ): Promise<void> {
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
    await updateUnit(tx, row.id, {
      hardware_id: report.hardwareId,
      identity: JSON.stringify(identity),
      description: JSON.stringify(report.description),
      described_epoch: context.epoch,
      described_seq: context.seq,
    });
    // One that describes itself ever otherwise would fill the table with what it once named.
    const named = Object.keys(report.description.properties);
    await dropUnnamed(tx, row.key, { named, keep: 2 * LIMITS.unitLink.affordances });
    context.after.unitChanged(row.id);
  }

  event(unit: Owned<UnitRecord>, report: UnitEventHappened, context: ReportContext): void {
    context.after.do(() => {
      this.#deps.publisher.publish(unit.siteId, 'unit.event', {
        unitId: unit.id,
        event: report.event,
        ...(report.data === undefined ? {} : { data: report.data }),
        atMs: context.hubTime(report.measuredAtMs),
      });
    });
  }

  /**
   * Units of the base's own configuration file, those that were added at the
   * base, and those that it found at another address: the hub adds those it does
   * not know, and moves those whose address changed there. Those whose
   * address another unit has are left as they are, unless they proved there
   * by their key who they are: then the other is not there any more; with nothing else to
   * change, the base is told so.
   *
   * @returns the log entries that tell the base, when anything changed.
   */
  async declared(tx: Tx, report: UnitsDeclared, context: ReportContext): Promise<LogEntry[]> {
    const { base, after } = context;
    const changed: UnitId[] = [];
    let taken = false;
    for (const declared of report.units) {
      const unit = await this.#deps.owned.unitOrNone(tx, base, declared.unitId);
      const there = await unitAtAddress(tx, base.key, declared.address);
      const isTaken = there !== undefined && there !== declared.unitId;
      if (isTaken && declared.isProven === true) {
        const { port } = declared.address;
        await updateUnit(tx, there, { host: `${there}.invalid`, port });
        if (unit) {
          // What it leaves is as good a guess as any for the other: two that were exchanged fit.
          const { host: leftHost, port: leftPort } = unit.row;
          await updateUnit(tx, unit.id, { host: declared.address.host, port });
          await updateUnit(tx, there, { host: leftHost, port: leftPort });
          changed.push(unit.id);
          after.unitChanged(unit.id);
        }
        changed.push(there);
        after.unitChanged(there);
        if (unit) continue;
      } else if (isTaken) {
        // The other units of the file can do nothing about it.
        const { unitId } = declared;
        this.#deps.log.warn({ baseId: base.id, unitId, there }, 'declared address is taken');
        taken = true;
        continue;
      }
      if (!unit) {
        await this.#deps.units.insert(tx, {
          id: declared.unitId,
          base,
          name: declared.name.trim() === '' ? 'Unit' : declared.name,
          place: '',
          address: declared.address,
          link: declared.link,
        });
      } else if (
        unit.row.host !== declared.address.host ||
        unit.row.port !== declared.address.port
      ) {
        await updateUnit(tx, unit.id, {
          host: declared.address.host,
          port: declared.address.port,
        });
      } else {
        continue;
      }
      changed.push(declared.unitId);
      after.unitChanged(declared.unitId);
    }
    if (taken && changed.length === 0) throw new AppError('unit_address_taken');
    return await this.#deps.units.logAssignment(tx, base.key, changed);
  }
}

/** Whether a later report of the same outbox is in force already. */
function isOvertaken(
  report: { readonly epoch: Epoch; readonly seq: number },
  inForce: { readonly epoch: Epoch | null; readonly seq: number | null },
): boolean {
  return inForce.epoch === report.epoch && inForce.seq !== null && inForce.seq > report.seq;
}
