import { AppError } from '#protocol/errors.ts';
import type { BulkTable } from '../engine/bulk-tables.ts';

/**
 * Each table after those that its rows refer to.
 *
 * @throws AppError `internal` when tables refer to each other in a circle: rows of such would
 * need another way.
 */
export function inForeignKeyOrder(tables: readonly BulkTable[]): BulkTable[] {
  const ordered: BulkTable[] = [];
  const left = new Set(tables);
  while (left.size > 0) {
    const waiting = new Set([...left].map(({ name }) => name));
    const next = [...left].filter(({ name, foreignKeys }) =>
      foreignKeys.every(({ table }) => table === name || !waiting.has(table)),
    );
    if (next.length === 0) throw new AppError('internal', { details: { circle: [...waiting] } });
    for (const table of next) left.delete(table);
    ordered.push(...next);
  }
  return ordered;
}
