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

it('names stages and events as they are named today', () => {
  const path = join(temporaryFolder(atTestEnd), 'base.db');
  const earlier = new Database(path);
  const before = MIGRATIONS.length - 1;
  for (const step of MIGRATIONS.slice(0, before)) earlier.exec(step);
  earlier.pragma(`user_version = ${before}`);
  const trace = '"trace":[{"hop":5,"atMs":1},{"hop":12,"atMs":5,"note":"late"}]';
  const output = '"output":{"hop":5}';
  earlier
    .prepare(
      `INSERT INTO journal (command_id, command, state, received_at_ms, result)
       VALUES ('c', '{}', 'finished', 1, ?)`,
    )
    .run(`{${output},${trace}}`);
  const add = earlier.prepare(
    `INSERT INTO outbox (seq, priority, created_at_ms, readings, event, type)
     VALUES (?, 0, 1, 0, ?, ?)`,
  );
  add.run(1, `{"type":"command.finished","data":{${trace}}}`, 'command.finished');
  add.run(2, '{"type":"readings.taken","data":{"readings":[]}}', 'readings.taken');
  earlier.close();

  openStore({ path }).close();
  const now = new Database(path, { readonly: true });
  atTestEnd.add(() => now.close());
  const named =
    '"trace":[{"stage":"base_journalled","atMs":1},{"stage":"base_recorded","atMs":5,"note":"late"}]';
  expect(now.prepare('SELECT result FROM journal').pluck().get()).toBe(`{${output},${named}}`);
  expect(now.prepare('SELECT type, event FROM outbox ORDER BY seq').all()).toEqual([
    { type: 'command.finished', event: `{"type":"command.finished","data":{${named}}}` },
    { type: 'readings.recorded', event: '{"type":"readings.recorded","data":{"readings":[]}}' },
  ]);
});
