import { describe, expect, it } from 'vitest';
import { columnNames, rowViolations } from './architecture/row-rules.ts';

describe('the rule of rows itself', () => {
  const columns = columnNames();

  it('knows the columns by the schema', () => {
    expect([...columns]).toEqual(
      expect.arrayContaining(['password_hash', 'site_id', 'is_live', 'presence_state', 'due_at']),
    );
    expect([...columns]).toEqual(
      expect.arrayContaining(['received_at_ms', 'link_key', 'last_reported', 'is_kept']),
    );
    expect(columns.size).toBeGreaterThan(100);
  });

  it.each([
    ['a column', 'export const f = (base: Base) => base.site_id;', 'knows the column site_id'],
    [
      'a column that is taken out',
      'export const f = ({ site_id: site }: Base) => site;',
      'knows the column site_id',
    ],
    ['a column by its word', "export const f = () => by('user_id');", 'knows the column user_id'],
    ['a flag', 'export const f = (base: Base) => base.live === 1;', 'knows a flag as a number'],
    ['a flag that is made', 'export const f = (a: boolean) => (a ? 1 : 0);', 'knows a flag'],
    [
      'the type of a table',
      "import type { BasesTable } from '../../store/schema/bases.ts';",
      'which only store/ may',
    ],
    [
      'JSON of a column',
      "import { fromJsonColumn } from '../../store/json-column.ts';",
      'which only store/ may',
    ],
    [
      'a savepoint',
      "import { inSavepoint } from '../../store/engine/savepoint.ts';",
      'which only store/ may',
    ],
    ['a query', "export const f = (db: Db) => db.selectFrom('bases');", 'makes a query'],
  ])('finds %s', (_name, text, sentence) => {
    const path = 'hub/domain/bases/base-service.ts';
    expect(rowViolations({ path, text }, columns).join('\n')).toContain(sentence);
    expect(rowViolations({ path: 'hub/store/bases.ts', text }, columns)).toEqual([]);
  });

  it.each([
    ['a column', 'export const f = (entry: Entry) => entry.received_at_ms;', 'received_at_ms'],
    ['a flag', 'export const f = (unit: Unit) => unit.isPlain === 1;', 'knows a flag'],
    ['a row', "import { rowOf } from '../store/row.ts';", 'which only store/ may'],
    [
      'the table of events',
      "import { EventTable } from '../store/outbox/event-table.ts';",
      'which only store/ may',
    ],
  ])('finds %s in the base, wherever it is not its store', (_name, text, sentence) => {
    for (const path of ['base-unit/units/unit.ts', 'base-unit/app.ts', 'base-unit/cli/x.ts']) {
      expect(rowViolations({ path, text }, columns).join('\n')).toContain(sentence);
    }
    expect(rowViolations({ path: 'base-unit/store/journal.ts', text }, columns)).toEqual([]);
  });

  it('finds nothing in code that counts', () => {
    const text =
      'export const f = (a: string[], b: Set<string>) => a.length === 1 || b.size === 1;';
    expect(rowViolations({ path: 'hub/edges/http/server.ts', text }, columns)).toEqual([]);
  });
});
