import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { databaseFile, openDatabase } from '../store/database.ts';
import { migrate } from '../store/migrations.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A file with the newest form of an empty database. */
    readonly templateDatabase: string;
  }
}

/**
 * Before all tests: one empty database in its newest form, which each hub of
 * a test begins with. Migrating anew took longer than all else in its start.
 */
export async function setup(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-template-'));
  const db = openDatabase(folder);
  await migrate(db);
  // The last one to close brings the log back into the file.
  await db.destroy();
  project.provide('templateDatabase', databaseFile(folder));
  return () => rmSync(folder, { recursive: true, force: true });
}
