import Database from 'better-sqlite3';
import { databaseFile } from '../store/engine/sqlite/database.ts';

/** Changes the file behind the hub's back, as a damaged disk or a later version would. */
export function poison(dataFolder: string, statement: string, ...values: unknown[]): void {
  const database = new Database(databaseFile(dataFolder));
  try {
    database.pragma('ignore_check_constraints = on');
    const { changes } = database.prepare(statement).run(...values);
    if (changes === 0) throw new Error(`nothing was changed: ${statement}`);
  } finally {
    database.close();
  }
}
