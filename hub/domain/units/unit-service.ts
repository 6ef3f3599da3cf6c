import type { Logger } from 'pino';
import { AppError } from '#protocol/errors.ts';
import type { UnitChange, UnitRequest, UnitView } from '#protocol/http/units.ts';
import type { LogEntry } from '#protocol/hub-link/base-log.ts';
import { UnitId, newId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { UnitAddress } from '#protocol/unit-address.ts';
import type { UnitLinkKind } from '#protocol/unit-link-kind.ts';
import type { BaseRecord } from '../bases/base-directory.ts';
import type { BaseLinks } from '../bases/base-links.ts';
import type { Clock } from '#platform/clock.ts';
import type { CommandWaiters } from '../../kernel/command-waiters.ts';
import type { Publisher } from '../../kernel/publisher.ts';
import { appendToLog } from '../../store/base-log.ts';
import { openCommandIds } from '../../store/commands.ts';
import type { GroupCommit } from '../../store/engine/sqlite/group-commit.ts';
import type { ReadableRows } from '../../store/readable-rows.ts';
import type { Db, Tx } from '../../store/schema.ts';
import {
  type UnitRecord,
  assignmentsOf,
  countUnits,
  deleteUnit,
  insertUnit,
  unitAtAddress,
  updateUnit,
} from '../../store/units.ts';
import { assigned } from './assigned.ts';
import type { UnitChanges } from './unit-changes.ts';
import type { UnitDirectory } from './unit-directory.ts';
import type { UnitViews } from './unit-views.ts';

export interface UnitServiceDeps {
  readonly db: Db;
  readonly writer: GroupCommit;
  readonly clock: Clock;
  readonly log: Logger;
  readonly links: BaseLinks;
  readonly publisher: Publisher;
  readonly directory: UnitDirectory;
  readonly views: UnitViews;
  readonly readable: ReadableRows;
  readonly changes: UnitChanges;
  readonly waiters: Pick<CommandWaiters, 'ended'>;
}

/** A unit that is about to be, and the base it belongs to. */
export interface NewUnit {
  readonly id: UnitId;
  readonly base: Pick<BaseRecord, 'key' | 'id' | 'siteId'>;
  readonly name: string;
  readonly place: string;
  readonly address: UnitAddress;
  readonly link: UnitLinkKind;
}

/** Adding, changing and removing units; the base learns of it through its log. */
export class UnitService {
  readonly #deps: UnitServiceDeps;

  constructor(deps: UnitServiceDeps) {
    this.#deps = deps;
  }

  async add(base: BaseRecord, request: UnitRequest): Promise<UnitView> {
    const { writer, clock, links, log } = this.#deps;
    const id = newId(UnitId, clock.nowMs());
    const entries = await writer.run(async (tx) => {
      await this.insert(tx, {
        id,
        base,
        name: request.name,
        place: request.place ?? '',
        address: request.address,
        link: request.link ?? 'frames',
      });
      return await this.logAssignment(tx, base.key, [id]);
    }, base.siteId);
    links.appended(base.id, entries);
    log.info({ unitId: id, baseId: base.id }, 'unit added');
    return await this.#changed(id);
  }

  async change(unit: UnitRecord, change: UnitChange): Promise<UnitView> {
    const { writer, links } = this.#deps;
    const entries = await writer.run(async (tx) => {
      if (change.address) {
        await refuseTaken(tx, { baseKey: unit.baseKey, address: change.address, own: unit.id });
      }
      await updateUnit(tx, unit.id, {
        ...(change.name === undefined ? {} : { name: change.name }),
        ...(change.place === undefined ? {} : { place: change.place }),
        ...(change.address === undefined
          ? {}
          : { host: change.address.host, port: change.address.port }),
      });
      const matters = change.name !== undefined || change.address !== undefined;
      return matters ? await this.logAssignment(tx, unit.baseKey, [unit.id]) : [];
    }, unit.siteId);
    if (entries.length > 0) links.appended(unit.baseId, entries);
    return await this.#changed(unit.id);
  }

  async remove(unit: UnitRecord): Promise<void> {
    const { writer, links, publisher, directory, waiters, log } = this.#deps;
    const { open, entries } = await writer.run(async (tx) => {
      // Its commands go with it.
      const open = await openCommandIds(tx, unit.baseId, unit.key);
      await deleteUnit(tx, unit.id);
      return { open, entries: await this.logAssignment(tx, unit.baseKey, [unit.id]) };
    }, unit.siteId);
    directory.forget(unit.id);
    for (const id of open) waiters.ended(id);
    links.appended(unit.baseId, entries);
    publisher.publish(unit.siteId, 'unit.removed', { unitId: unit.id });
    log.info({ unitId: unit.id, baseId: unit.baseId }, 'unit removed');
  }

  /** Within a transaction; the caller logs the assignment. */
  async insert(tx: Tx, unit: NewUnit): Promise<void> {
    const nowMs = this.#deps.clock.nowMs();
    if ((await countUnits(tx, unit.base.key)) >= LIMITS.unitsPerBase) {
      throw new AppError('unit_limit');
    }
    await refuseTaken(tx, { baseKey: unit.base.key, address: unit.address });
    await insertUnit(tx, {
      id: unit.id,
      base_key: unit.base.key,
      base_id: unit.base.id,
      site_id: unit.base.siteId,
      name: unit.name,
      place: unit.place,
      host: unit.address.host,
      port: unit.address.port,
      link: unit.link,
      hardware_id: null,
      identity: null,
      description: null,
      presence_state: 'init',
      presence_since: nowMs,
      presence_code: null,
      last_contact_at: null,
      created_at: nowMs,
      presence_epoch: null,
      presence_seq: null,
      described_epoch: null,
      described_seq: null,
    });
  }

  /** Puts what became of these units into the base's log, in entries that a socket carries. */
  async logAssignment(tx: Tx, baseKey: number, unitIds: readonly UnitId[]): Promise<LogEntry[]> {
    const entries: LogEntry[] = [];
    for (let start = 0; start < unitIds.length; start += LIMITS.unitsPerEntry) {
      const some = unitIds.slice(start, start + LIMITS.unitsPerEntry);
      const position = await appendToLog(tx, baseKey, { type: 'units.assigned', unitIds: some });
      const units = await assignmentsOf(tx, this.#deps.readable, baseKey, some);
      entries.push({ ...position, type: 'units.assigned', data: assigned(some, units) });
    }
    return entries;
  }

  async #changed(id: UnitId): Promise<UnitView> {
    const { changes, views } = this.#deps;
    changes.tell([id]);
    const view = await views.one(id);
    if (!view) throw new AppError('unit_unknown');
    return view;
  }
}

async function refuseTaken(
  tx: Tx,
  wanted: { readonly baseKey: number; readonly address: UnitAddress; readonly own?: UnitId },
): Promise<void> {
  const there = await unitAtAddress(tx, wanted.baseKey, wanted.address);
  if (there !== undefined && there !== wanted.own) throw new AppError('unit_address_taken');
}
