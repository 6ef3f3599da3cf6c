import Database from 'better-sqlite3';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { newId, UnitId } from '#protocol/ids.ts';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { MIGRATIONS } from './migrations.ts';
import { openStore } from './store.ts';

/** What the first landed base made of its data. */
const FIRST = 5;

it('brings the data of an earlier base along', () => {
  const path = join(temporaryFolder(atTestEnd), 'base.db');
  const unitId = newId(UnitId);
  const earlier = new Database(path);
  for (const step of MIGRATIONS.slice(0, FIRST)) earlier.exec(step);
  earlier.pragma(`user_version = ${FIRST}`);
  earlier
    .prepare(
      `INSERT INTO units (unit_id, origin, name, host, port, link, hardware_id, sample_seq, is_plain)
       VALUES (?, 'hub', 'Lamp', '192.0.2.1', 8888, 'frames', 'lamp-1', 7, 1)`,
    )
    .run(unitId);
  earlier.close();

  const store = openStore({ path });
  atTestEnd.add(() => store.close());
  expect(store.units.all()).toMatchObject([
    {
      unitId,
      origin: 'hub',
      name: 'Lamp',
      address: { host: '192.0.2.1', port: 8888 },
      hardwareId: 'lamp-1',
    },
  ]);
  expect(store.journal.open()).toEqual([]);
});
