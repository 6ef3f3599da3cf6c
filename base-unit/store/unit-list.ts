import type { Database, Statement } from 'better-sqlite3';
import { z } from 'zod';
import { ErrorCodeSchema } from '#protocol/errors.ts';
import type { UnitAssignment } from '#protocol/hub-link/base-log.ts';
import { UnitId, UpdateId } from '#protocol/ids.ts';
import { UpdateOrder } from '#protocol/rollout/update-order.ts';
import { UpdateState } from '#protocol/update/update-state.ts';
import type { UnitAddress } from '#protocol/unit-address.ts';
import { UnitLinkKind } from '#protocol/unit-link-kind.ts';
import type { UnitProtection } from './unit-protection.ts';
import { rowOf, rowsOf } from './row.ts';

const UnitRow = z
  .object({
    unit_id: UnitId,
    /** Where an entry came from: the hub, the configuration, or a person at this base. */
    origin: z.enum(['hub', 'config', 'added']),
    name: z.string(),
    host: z.string(),
    port: z.number(),
    link: UnitLinkKind,
    hardware_id: z.string().nullable(),
    last_reported: z.string().nullable(),
    update_order: z.string().nullable(),
  })
  .transform((row) => ({
    unitId: row.unit_id,
    origin: row.origin,
    name: row.name,
    address: { host: row.host, port: row.port },
    link: row.link,
    hardwareId: row.hardware_id,
    lastReported: row.last_reported,
    update: row.update_order === null ? null : UpdateOrder.parse(JSON.parse(row.update_order)),
  }));

/** The last update state reported to the hub. */
const ReportedUpdate = z.object({
  updateId: UpdateId,
  state: UpdateState,
  code: ErrorCodeSchema.nullable(),
});
export type ReportedUpdate = z.infer<typeof ReportedUpdate>;

const ReportedUpdateRow = z
  .object({ update_reported: z.string().nullable() })
  .transform(({ update_reported: text }) =>
    text === null ? null : ReportedUpdate.parse(JSON.parse(text)),
  );

const ProtectionRow = z.object({
  link_key: z.instanceof(Uint8Array).nullable(),
  is_plain: z.literal([0, 1]),
});

/** A unit of this base, as it was last assigned or configured. */
export type StoredUnit = z.infer<typeof UnitRow>;

const MarkRow = z
  .object({ sample_boot: z.string(), sample_seq: z.number(), sample_at_ms: z.number() })
  .transform((row) => ({
    bootId: row.sample_boot,
    seq: row.sample_seq,
    measuredAtMs: row.sample_at_ms,
  }));

/** The last sample of a unit that is stored here, within its boot. */
export type StoredMark = z.infer<typeof MarkRow>;

/** The units of this base, so that they are served while the hub is away. */
export class UnitList {
  readonly #all: Statement;
  readonly #find: Statement;
  readonly #put: Statement;
  readonly #delete: Statement;
  readonly #learn: Statement;
  readonly #move: Statement;
  readonly #markReported: Statement;
  readonly #mark: Statement;
  readonly #findMark: Statement;
  readonly #protection: Statement;
  readonly #protect: Statement;
  readonly #forgetReported: Statement;
  readonly #findReportedUpdate: Statement;
  readonly #markUpdateReported: Statement;

  constructor(database: Database) {
    this.#all = database.prepare('SELECT * FROM units ORDER BY unit_id');
    this.#find = database.prepare('SELECT * FROM units WHERE unit_id = ?');
    this.#put = database.prepare(
      `INSERT INTO units (unit_id, origin, name, host, port, link, hardware_id, update_order)
       VALUES (@unitId, @origin, @name, @host, @port, @link, @hardwareId, @update)
       ON CONFLICT (unit_id) DO UPDATE SET origin = excluded.origin, name = excluded.name,
         last_reported = CASE WHEN excluded.hardware_id IS NULL THEN NULL ELSE last_reported END,
         hardware_id = CASE WHEN host = excluded.host AND port = excluded.port AND link = excluded.link
           THEN coalesce(excluded.hardware_id, hardware_id) ELSE excluded.hardware_id END,
         host = excluded.host, port = excluded.port, link = excluded.link,
         update_order = excluded.update_order`,
    );
    this.#findReportedUpdate = database.prepare(
      'SELECT update_reported FROM units WHERE unit_id = ?',
    );
    this.#markUpdateReported = database.prepare(
      'UPDATE units SET update_reported = ? WHERE unit_id = ?',
    );
    this.#delete = database.prepare('DELETE FROM units WHERE unit_id = ?');
    this.#learn = database.prepare(
      'UPDATE units SET hardware_id = ? WHERE unit_id = ? AND hardware_id IS NULL',
    );
    this.#move = database.prepare('UPDATE units SET host = ?, port = ? WHERE unit_id = ?');
    this.#forgetReported = database.prepare('UPDATE units SET last_reported = NULL');
    this.#markReported = database.prepare('UPDATE units SET last_reported = ? WHERE unit_id = ?');
    this.#mark = database.prepare(
      `UPDATE units SET sample_boot = @bootId, sample_seq = @seq, sample_at_ms = @measuredAtMs
       WHERE unit_id = @unitId`,
    );
    this.#findMark = database.prepare(
      `SELECT sample_boot, sample_seq, sample_at_ms FROM units
       WHERE unit_id = ? AND sample_boot IS NOT NULL`,
    );
    this.#protection = database.prepare('SELECT link_key, is_plain FROM units WHERE unit_id = ?');
    this.#protect = database.prepare(
      `UPDATE units SET link_key = @key, is_plain = @isPlain
       WHERE unit_id = @unitId AND (link_key IS NOT @key OR is_plain <> @isPlain)`,
    );
  }

  all(): StoredUnit[] {
    return rowsOf(UnitRow, this.#all);
  }

  find(unitId: UnitId): StoredUnit | undefined {
    return rowOf(UnitRow, this.#find.get(unitId));
  }

  /** Call inside a transaction. The hub's list replaces its previous one. */
  replaceByHub(units: readonly UnitAssignment[]): void {
    const kept = new Set(units.map(({ unitId }) => unitId));
    for (const { unitId, origin } of this.all()) {
      if (origin === 'hub' && !kept.has(unitId)) this.#delete.run(unitId);
    }
    for (const unit of units) this.#write({ ...unit, origin: 'hub' });
  }

  /** Call inside a transaction. The hub's entries for some units. */
  changeByHub(units: readonly UnitAssignment[], removed: readonly UnitId[]): void {
    for (const unitId of removed) {
      if (this.find(unitId)?.origin === 'hub') this.#delete.run(unitId);
    }
    for (const unit of units) this.#write({ ...unit, origin: 'hub' });
  }

  /** Call inside a transaction. */
  putFromConfig(unit: Omit<UnitAssignment, 'hardwareId'>): void {
    this.#write({ ...unit, hardwareId: null, origin: 'config' });
  }

  /** Call inside a transaction. It stays over restarts, until the hub has it. */
  putAdded(unit: Omit<UnitAssignment, 'update'>): void {
    this.#write({ ...unit, origin: 'added' });
  }

  remove(unitId: UnitId): void {
    this.#delete.run(unitId);
  }

  /** Who answers at this address from now on, where it was not known. */
  learnHardwareId(unitId: UnitId, hardwareId: string): void {
    this.#learn.run(hardwareId, unitId);
  }

  at({ host, port }: UnitAddress): StoredUnit | undefined {
    return this.all().find((unit) => unit.address.host === host && unit.address.port === port);
  }

  /** The unit was found elsewhere. */
  move(unitId: UnitId, { host, port }: UnitAddress): void {
    this.#move.run(host, port, unitId);
  }

  /** The hub may have lost the reports of all units. */
  forgetReported(): void {
    this.#forgetReported.run();
  }

  /** The last report of the unit: its description's hash and its boot. */
  markReported(unitId: UnitId, lastReported: string): void {
    this.#markReported.run(lastReported, unitId);
  }

  /** Call inside the transaction that stores the sample: then it is here once. */
  markSample(unitId: UnitId, mark: StoredMark): void {
    this.#mark.run({ unitId, ...mark });
  }

  lastSample(unitId: UnitId): StoredMark | undefined {
    return rowOf(MarkRow, this.#findMark.get(unitId));
  }

  reportedUpdate(unitId: UnitId): ReportedUpdate | undefined {
    return rowOf(ReportedUpdateRow, this.#findReportedUpdate.get(unitId)) ?? undefined;
  }

  /** Call inside the transaction that puts the event into the outbox. */
  markUpdateReported(unitId: UnitId, lastReported: ReportedUpdate): void {
    this.#markUpdateReported.run(JSON.stringify(lastReported), unitId);
  }

  /** The protection of this unit's link. It stays with the unit whatever the hub sends. */
  protection(unitId: UnitId): UnitProtection {
    const row = rowOf(ProtectionRow, this.#protection.get(unitId));
    if (row?.link_key) return { kind: 'encrypted', key: row.link_key };
    return { kind: row?.is_plain === 1 ? 'plain' : 'unknown' };
  }

  protect(unitId: UnitId, protection: UnitProtection): void {
    const key = protection.kind === 'encrypted' ? Buffer.from(protection.key) : null;
    this.#protect.run({ unitId, key, isPlain: protection.kind === 'plain' ? 1 : 0 });
  }

  #write(unit: UnitAssignment & Pick<StoredUnit, 'origin'>): void {
    const { unitId, origin, name, address, link, hardwareId } = unit;
    const update = unit.update === undefined ? null : JSON.stringify(unit.update);
    this.#put.run({ unitId, origin, name, link, hardwareId, update, ...address });
  }
}
