import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { TestProject } from 'vitest/node';
import { serverClock } from '#platform/clock.ts';
import { openDatabase } from '../store/engine/sqlite/database.ts';
import { migrate } from '../store/migrations.ts';
import { machineNames } from '../tls/names.ts';
import { TlsService } from '../tls/tls-service.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The data of a hub that was started once, and has no account yet. */
    readonly templateFolder: string;
  }
}

/**
 * Before all tests: an empty database in its newest form, and certificates of this
 * machine, as the start of each test's hub. Creating them each time took longer than
 * everything else at its start.
 */
export async function setup(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-template-'));
  const db = openDatabase(folder);
  await migrate(db);
  // The last one to close brings the log back into the file.
  await db.destroy();
  const tls = new TlsService({
    folder: join(folder, 'tls'),
    clock: serverClock,
    log: pino({ level: 'silent' }),
    names: () => machineNames([]),
  });
  await tls.start();
  tls.close();
  project.provide('templateFolder', folder);
  return () => rmSync(folder, { recursive: true, force: true });
}
