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

/** A fault of what the database keeps of it, for every run on it. */
const NEVER_DISPATCHED = `create trigger lost before update of state on commands
  when new.state = 'dispatched' begin select raise(ignore); end`;

/** The row says so for ever, though entries are sent as they come: what another hub may have made of it. */
const NEVER_LIVE = `create trigger stale after update of is_live on bases when new.is_live = 1 begin
  update bases set is_live = 0 where key = new.key; end`;
const RUNS_OF_NEVER_LIVE = 15;

/** A lie: it did not happen, the hub says, and the base did it; or it may have, and it cannot. */
const LIE = /the hub says (expired|cancelled|superseded|failed|rejected)|nobody did it/;

/** Whatever chance has to bring about comes within so many runs; one is enough. */
const MAX_RUNS = 400;

async function play(trigger: string, numRuns: number) {
  const furnished = await furnishFolder(join(temporaryFolder(atTestEnd), 'hub'));
  const database = new Database(databaseFile(furnished.folder));
  database.exec(trigger);
  database.close();
  return await fc.check(
    fc.asyncProperty(fc.array(anyStep, { maxLength: 60, size: 'max' }), (steps) =>
      playDelivery(furnished, steps),
    ),
    { numRuns, endOnFailure: true },
  );
}

it(
  'sees where the note that a command may have been sent is lost',
  { timeout: PROPERTY_TIMEOUT_MS },
  async () => {
    const found = await play(NEVER_DISPATCHED, MAX_RUNS);
    expect(found.failed, `not seen in ${found.numRuns} runs`).toBe(true);
    expect(String(found.errorInstance)).toMatch(LIE);
  },
);

it(
  'makes no lie of a row that says of a live base that it is not',
  { timeout: PROPERTY_TIMEOUT_MS },
  async () => {
    const found = await play(NEVER_LIVE, RUNS_OF_NEVER_LIVE);
    expect(found.errorInstance ?? undefined).toBeUndefined();
  },
);
