import { CompiledQuery } from 'kysely';
import { engineOf } from '../store/engine/adapter.ts';
import { openTestDatabase } from './test-store.ts';

/** Changes the data behind the hub's back, as a damaged disk or a later version would. */
export async function poison(
  dataFolder: string,
  statement: string,
  ...values: unknown[]
): Promise<void> {
  const db = await openTestDatabase(dataFolder);
  try {
    const text = engineOf(db).engine === 'postgres' ? numbered(statement) : statement;
    const { numAffectedRows } = await db.executeQuery(CompiledQuery.raw(text, values));
    if (!numAffectedRows) throw new Error(`nothing was changed: ${statement}`);
  } finally {
    await db.destroy();
  }
}

/** `$1`, `$2`, ... in place of `?`. */
function numbered(statement: string): string {
  let place = 0;
  return statement.replaceAll('?', () => {
    place += 1;
    return `$${place}`;
  });
}
