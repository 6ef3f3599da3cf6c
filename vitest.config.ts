import { statfsSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { defineConfig } from 'vitest/config';

/**
 * Much of the time of these goes to syncs and timeouts: on two cores Vitest's
 * own choice of a single worker would leave both of them idle.
 */
const FAST = { maxWorkers: Math.max(2, availableParallelism() - 1), sequence: { groupOrder: 0 } };
/**
 * Unit tests wait for no disk: half of their time went to the syncs of their
 * databases. Whole programs keep to the real one.
 */
const IN_MEMORY = { TMPDIR: roomyFolder('/dev/shm', 512 * 1024 * 1024) ?? tmpdir() };

/** `path` where it has room for so many bytes: containers may give it 64 MiB. */
function roomyFolder(path: string, bytes: number): string | undefined {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize >= bytes ? path : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whole programs, which wait for one another more than they compute: of the time of an
 * end-to-end test a fifth is a processor's. Loading hub and base anew for each file took a
 * third of that.
 */
const WHOLE_PROGRAMS = { maxWorkers: 2, isolate: false, sequence: { groupOrder: 1 } };
/** Their floods keep a processor busy. */
const ATTACKS = { ...WHOLE_PROGRAMS, maxWorkers: 2 };
/**
 * Two pages at a time, which wait for their hubs more than they draw; what they measure in this
 * form is processor time. The long form, which also goes by the clock, has the machine for itself.
 */
const PAGES = {
  maxWorkers: process.env.SIGNALBOX_LONG === '1' ? 1 : 2,
  isolate: false,
  sequence: { groupOrder: 3 },
};
/** One file plays the scenarios, several at a time. */
const FAULTS = { maxWorkers: 1, sequence: { groupOrder: 2 } };

export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'], externalConditions: ['source'] } },
  // Where global setups run: without it they need what a build has made, of whatever age.
  environments: {
    __vitest__: { resolve: { conditions: ['source'], externalConditions: ['source'] } },
  },
  test: {
    // Tests stay on the loopback; those of discovery say so themselves. Programs that several
    // tests run at a time have any port for MQTT.
    env: {
      SIGNALBOX_BASE_DISCOVERY: 'off',
      SIGNALBOX_HUB_MQTTS_PORT: '0',
      SIGNALBOX_HUB_MQTT_PORT: '0',
    },
    projects: [
      {
        extends: true,
        test: {
          ...FAST,
          name: 'unit',
          env: IN_MEMORY,
          setupFiles: ['test/harness/property-seed.ts'],
          // No module keeps state (test/every-source.test.ts), so files can share a process.
          isolate: false,
          globalSetup: ['hub/testing/template-folder.ts', 'hub/testing/postgres-for-tests.ts'],
          include: [
            '{protocol,platform,client,hub,base-unit,dashboard,firmware/virtual,cli}/**/*.test.{ts,tsx}',
            // The client and a hub, which know nothing of each other.
            'test/client/**/*.test.ts',
          ],
          testTimeout: 20_000,
        },
      },
      {
        extends: true,
        test: {
          ...FAST,
          name: 'structure',
          env: IN_MEMORY,
          setupFiles: ['test/harness/property-seed.ts'],
          // Most of them read the sources with TypeScript's compiler: it is loaded once for all.
          isolate: false,
          include: ['test/*.test.ts', 'test/contract/**/*.test.ts', 'scripts/**/*.test.mjs'],
          testTimeout: 20_000,
        },
      },
      {
        extends: true,
        test: {
          ...WHOLE_PROGRAMS,
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          ...ATTACKS,
          name: 'attacks',
          include: ['test/attacks/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          ...FAULTS,
          name: 'faults',
          // Their programs wait for timeouts and for one another.
          maxConcurrency: 3,
          include: ['test/faults/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          ...PAGES,
          name: 'browser',
          globalSetup: ['test/browser/one-browser.ts'],
          include: ['test/browser/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
