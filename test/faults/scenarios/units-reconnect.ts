import { SiteSnapshot } from '#protocol/http/sites.ts';
import type { UnitAddress } from '#protocol/unit-address.ts';
import type { Cleanup } from '#platform/testing/cleanup.ts';
import { SystemUnit } from '../../harness/system-unit.ts';
import { until } from '#platform/testing/until.ts';
import { startVirtualUnit } from '../../harness/virtual-units.ts';
import { type FaultFixture, startFixture } from '../fault-fixture.ts';
import { type Scenario, scaled } from '../scenario.ts';

const READY_MS = { long: 120_000, short: 90_000 };
const REQUESTED = 20;

interface Declared {
  readonly name: string;
  readonly address: UnitAddress;
}

async function startUnits(count: number, cleanup: Cleanup): Promise<Declared[]> {
  const declared: Declared[] = [];
  for (let index = 0; index < count; index += 1) {
    const hardwareId = `virtual-${index}`;
    const { port } = await startVirtualUnit(
      { kind: 'light_sensor', hardwareId, periodMs: 5_000 },
      cleanup,
    );
    declared.push({ name: hardwareId, address: { host: '127.0.0.1', port } });
  }
  return declared;
}

async function readyUnits(fixture: FaultFixture): Promise<SiteSnapshot['units']> {
  const { units } = await fixture.api.get(SiteSnapshot, `/api/sites/${fixture.siteId}/snapshot`);
  return units.filter(({ presence }) => presence.state === 'ready');
}

/**
 * Units that the base has connected to in its present run; the hub still has what it knew of
 * them.
 */
function connectedUnits({ base: { program } }: FaultFixture): number {
  const ready = program.log.messages('unit ready', program.startedAtByte);
  return new Set([...ready].map((line) => line['unitId'])).size;
}

/**
 * Waits until the base has connected to all of them and the hub shows them as ready.
 *
 * @returns how long that took
 */
async function allReady(fixture: FaultFixture, count: number, maxMs: number): Promise<number> {
  const startedAtMs = performance.now();
  await until(
    `${count} units are ready`,
    async () => connectedUnits(fixture) === count && (await readyUnits(fixture)).length === count,
    maxMs,
  );
  return performance.now() - startedAtMs;
}

export const unitsReconnect: Scenario = {
  name: 'units-reconnect',
  description:
    'up to a thousand units at once, after their base was killed: all come back and answer',
  // The base spreads its visits to many units over half a minute.
  isLongOnly: true,
  longLimitMs: 320_000,
  play: async ({ random, cleanup, isLong, scale, say }) => {
    const count = isLong ? scaled(1_000, scale) : 20;
    const maxMs = isLong ? READY_MS.long : READY_MS.short;
    const declared = await startUnits(count, cleanup);
    const fixture = await startFixture({
      name: 'units-reconnect',
      lamps: 0,
      sensors: 0,
      declared,
      cleanup,
    });
    const firstMs = await allReady(fixture, count, maxMs);
    say(`${count} units are ready; now the base is killed`);
    await fixture.base.program.kill();
    await fixture.base.program.start();
    const repeatMs = await allReady(fixture, count, maxMs);
    const units = random.shuffled(await readyUnits(fixture)).slice(0, REQUESTED);
    const ends = await Promise.all(
      units.map(async ({ id }) => {
        const request = { verb: 'invoke', affordance: 'uptime' } as const;
        return (await new SystemUnit(fixture.api, id).command(request, { wait: 20 })).command.state;
      }),
    );
    const bad = ends.filter((state) => state !== 'succeeded');
    return {
      notes: [
        `${count} units: ready after ${(firstMs / 1_000).toFixed(1)} s, and again ${(repeatMs / 1_000).toFixed(1)} s after the base was back`,
      ],
      violations: bad.map(
        (state) => `a unit that is back was asked, and the command ended ${state}`,
      ),
    };
  },
};
