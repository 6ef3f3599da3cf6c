import Database from 'better-sqlite3';
import { z } from 'zod';
import { CommandState } from '#protocol/command/command-state.ts';

const CommandRecord = z.object({
  id: z.string(),
  state: CommandState,
  code: z.string().nullable(),
  seq: z.number().nullable(),
});
export type CommandRecord = z.infer<typeof CommandRecord>;

const ReadingRecord = z.object({ unit_id: z.string(), boot: z.number(), seq: z.number() });
const DeclaredGap = z.object({
  unitId: z.string(),
  fromMs: z.number(),
  toMs: z.number(),
  count: z.number(),
});
const ShownValue = z.object({
  unitId: z.string(),
  shownSeq: z.number().nullable(),
  lastSeq: z.number().nullable(),
  measuredAtMs: z.number(),
});
const Count = z.object({ n: z.number() });

/** What the hub has on its disk; read only, also while it runs. */
export class HubRecords {
  readonly #database: Database.Database;

  constructor(file: string) {
    this.#database = new Database(file, { readonly: true });
  }

  close(): void {
    this.#database.close();
  }

  commands(): Map<string, CommandRecord> {
    const rows = this.#database.prepare('select id, state, code, seq from commands').all();
    return new Map(
      z
        .array(CommandRecord)
        .parse(rows)
        .map((row) => [row.id, row]),
    );
  }

  /** Commands that have not ended. */
  openCommands(): number {
    return this.#count('select count(*) as n from commands where ended_at is null');
  }

  /** Stored readings of one property, as `unit boot seq`. */
  readings(property: string): { readonly rows: number; readonly keys: ReadonlySet<string> } {
    const keys = new Set<string>();
    let rows = 0;
    const statement = this.#database.prepare(
      `select units.id as unit_id, readings.boot, readings.seq from readings
       join properties on properties.key = property_key
       join units on units.key = unit_key where properties.name = ?`,
    );
    for (const row of statement.iterate(property)) {
      const { unit_id: unitId, boot, seq } = ReadingRecord.parse(row);
      rows += 1;
      keys.add(`${unitId} ${boot} ${seq}`);
    }
    return { rows, keys };
  }

  /** Readings that the history shows as given up. */
  declaredGaps(): z.infer<typeof DeclaredGap>[] {
    const rows = this.#database
      .prepare(
        `select units.id as unitId, from_ms as fromMs, to_ms as toMs, count
         from reading_gaps join units on units.key = unit_key`,
      )
      .all();
    return z.array(DeclaredGap).parse(rows);
  }

  /** Readings stored with another time of measurement. */
  readingsOutside(fromMs: number, toMs: number): number {
    const query = 'select count(*) as n from readings where measured_at < ? or measured_at > ?';
    return Count.parse(this.#database.prepare(query).get(fromMs, toMs)).n;
  }

  /** When the newest stored reading was measured. */
  newestReadingMs(): number {
    return this.#count('select coalesce(max(measured_at), 0) as n from properties');
  }

  /** For each unit, the shown value of a property beside the last one that it sent. */
  shownValues(property: string): z.infer<typeof ShownValue>[] {
    const rows = this.#database
      .prepare(
        `select units.id as unitId, sample as shownSeq, measured_at as measuredAtMs,
           (select max(seq) from readings
            where property_key = properties.key and readings.boot = properties.boot) as lastSeq
         from properties join units on units.key = unit_key where properties.name = ?`,
      )
      .all(property);
    return z.array(ShownValue).parse(rows);
  }

  #count(query: string): number {
    return Count.parse(this.#database.prepare(query).get()).n;
  }
}
