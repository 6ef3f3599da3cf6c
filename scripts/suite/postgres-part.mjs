import { isPresent, PACKAGES } from '../setup/debian-packages.mjs';
import { vitestPart } from './vitest-part.mjs';

/**
 * What of the hub's tests runs on PostgreSQL in each run of all tests: what writes what units
 * report, and for the nouns with the most SQL the tests of their services. The tests of the store
 * run on both engines by themselves; all others run there in `npm run prove`.
 */
export const ON_POSTGRES = [
  'hub/ingest/',
  'hub/domain/sites/roles.test.ts',
  'hub/domain/bases/base-link.test.ts',
  'hub/domain/units/units.test.ts',
  'hub/domain/commands/commands.test.ts',
  'hub/domain/commands/endings.test.ts',
  'hub/domain/readings/readings.test.ts',
  'hub/domain/rollouts/rollouts.test.ts',
];

/**
 * Skipped where no PostgreSQL is installed. Of random runs, a quarter: the unit tests have done all.
 *
 * @param {{ root: string, timeoutMs: number }} options
 * @returns {Promise<import('./tally.mjs').PartResult>}
 */
export async function postgresPart({ root, timeoutMs }) {
  if (!isPresent(PACKAGES.postgres)) {
    return { passed: 0, failed: 0, skipped: [`needs ${PACKAGES.postgres.name}`], output: '' };
  }
  return vitestPart({
    root,
    name: 'postgres',
    projects: ['unit'],
    timeoutMs,
    args: [...ON_POSTGRES, '--testTimeout=60000'],
    env: { SIGNALBOX_TEST_ENGINE: 'postgres', SIGNALBOX_PROPERTY_RUNS: '0.25' },
  });
}
