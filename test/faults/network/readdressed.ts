import { UnitView } from '#protocol/http/units.ts';
import { until } from '#platform/testing/until.ts';
import type { Scenario } from '../scenario.ts';
import { type SiteNetwork, unitAddress } from './site-network.ts';
import { startSite, unitServed } from './site-fixture.ts';

/**
 * From the start of the base: its own start, a dial of the old address that
 * nobody answers (3 s), and the next try, at the address that is announced.
 */
const FOUND_MS = 15_000;
const SHOWN_MS = 5_000;

export function readdressed(network: SiteNetwork): Scenario {
  return {
    name: 'readdressed',
    description:
      'a unit gets another address while its base is off, with and without a default gateway',
    play: async ({ cleanup }) => {
      const fixture = await startSite({ network, name: 'readdressed', kinds: ['lamp'], cleanup });
      const [unit] = fixture.units;
      if (!unit) throw new Error('a site has a unit');
      const violations: string[] = [];
      const notes: string[] = [];
      for (const [host, hasGateway] of [
        [unitAddress(30), true],
        [unitAddress(31), false],
      ] as const) {
        const where = hasGateway ? 'with a gateway' : 'without a default gateway';
        await fixture.base.stop();
        network.address([unit.member, host]);
        if (!hasGateway) for (const member of ['base', unit.member]) network.noGateway(member);
        const startedAtMs = performance.now();
        await fixture.base.start();
        const { state } = await unitServed(fixture, unit);
        const foundMs = performance.now() - startedAtMs;
        notes.push(`${where}: served ${foundMs.toFixed(0)} ms after the start of the base`);
        if (state !== 'succeeded') violations.push(`${where}: a command ended as ${state}`);
        if (foundMs > FOUND_MS) violations.push(`${where}: found after ${foundMs.toFixed(0)} ms`);
        await until(
          'the hub shows the address',
          async () => {
            const { endpoint } = await fixture.api.get(UnitView, `/api/units/${unit.id}`);
            return endpoint.kind === 'base' && endpoint.address.host === host;
          },
          SHOWN_MS,
        ).catch(() => violations.push(`${where}: the hub does not show the address`));
      }
      return { notes, violations };
    },
  };
}
