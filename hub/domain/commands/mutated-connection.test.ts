import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { PROPERTY_TIMEOUT_MS } from '../../../test/harness/property-runs.ts';
import { databaseFile } from '../../store/engine/sqlite/database.ts';
import { anyStep } from '../../testing/model/delivery-step.ts';
import { furnishFolder } from '../../testing/model/model-hub.ts';
import { playDelivery } from '../../testing/model/play-delivery.ts';

/** Faults of the row that says whether a base is there, as the database keeps them for every run on it. */
const MUTATIONS = [
  [
    'is never live, though entries are sent as they come',
    `create trigger stale after update of is_live on bases when new.is_live = 1 begin
      update bases set is_live = 0 where key = new.key; end`,
  ],
  [
    'is never there, though it is',
    `create trigger stale after update of connection on bases when new.connection is not null begin
      update bases set connection = null where key = new.key; end`,
  ],
] as const;

/** A lie: it did not happen, the hub says, and the base was given it and did it. */
const LIE = /the hub says (expired|cancelled|superseded|failed|rejected)/;

/** Whatever chance has to bring about comes within so many runs; one is enough. */
const MAX_RUNS = 60;

it.each(MUTATIONS)(
  'is seen by the model, where the row of a base %s',
  { timeout: PROPERTY_TIMEOUT_MS },
  async (_what, trigger) => {
    const furnished = await furnishFolder(join(temporaryFolder(atTestEnd), 'hub'));
    const database = new Database(databaseFile(furnished.folder));
    database.exec(trigger);
    database.close();
    const found = await fc.check(
      fc.asyncProperty(fc.array(anyStep, { maxLength: 60, size: 'max' }), (steps) =>
        playDelivery(furnished, steps),
      ),
      { numRuns: MAX_RUNS, endOnFailure: true },
    );
    expect(found.failed, `not seen in ${found.numRuns} runs`).toBe(true);
    expect(String(found.errorInstance)).toMatch(LIE);
  },
);
