import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '#platform/testing/until.ts';
import { baseOnline } from '../fault-fixture.ts';
import type { Scenario, ScenarioContext, ScenarioResult } from '../scenario.ts';
import { run } from './namespaces.ts';
import { cutLine } from './cut-line.ts';
import { readdressed } from './readdressed.ts';
import { slowLine } from './slow-line.ts';
import { type SiteNetwork, unitAddress } from './site-network.ts';
import {
  command,
  type Done,
  type SiteFixture,
  type SiteUnit,
  startSite,
  unitServed,
} from './site-fixture.ts';

type Kind = 'lamp' | 'light_sensor';

async function site(
  { cleanup }: ScenarioContext,
  network: SiteNetwork,
  name: string,
  ...kinds: Kind[]
): Promise<{ readonly fixture: SiteFixture; readonly first: SiteUnit }> {
  const fixture = await startSite({ network, name, kinds, cleanup });
  const [first] = fixture.units;
  if (!first) throw new Error('a site has a unit');
  return { fixture, first };
}

function tooSlow(what: string, { state, durationMs }: Done, boundMs: number): string[] {
  if (state !== 'succeeded') return [`${what} ended as ${state}`];
  return durationMs <= boundMs ? [] : [`${what} took ${durationMs.toFixed(0)} ms`];
}

function result(notes: string[], violations: string[]): ScenarioResult {
  return { notes, violations };
}

/** As routers of flats do it. The channel's own pings come sooner. */
const FORGETS_S = 30;

/** In the network of one scenario; the runner creates a new one for each. */
export function networkScenarios(network: SiteNetwork): readonly Scenario[] {
  return [
    {
      name: 'forgetful-router',
      description: 'a router forgets idle connections without a word; results come all the same',
      play: async (context) => {
        const { fixture, first } = await site(context, network, 'forgetful-router', 'lamp');
        await command(fixture, first);
        network.forgetAfter(FORGETS_S);
        // The channel stays alive by its pings; what carried the last result would be forgotten.
        const durations: number[] = [];
        const violations: string[] = [];
        for (let round = 0; round < (context.isLong ? 3 : 1); round += 1) {
          await sleep((FORGETS_S + 10) * 1_000);
          await baseOnline(fixture.api, fixture.baseId);
          const done = await command(fixture, first);
          durations.push(done.durationMs);
          violations.push(...tooSlow('a command after a rest', done, 8_000));
        }
        return result(
          [`after a rest: ${durations.map((ms) => `${ms.toFixed(0)} ms`).join(', ')}`],
          violations,
        );
      },
    },
    {
      name: 'black-hole',
      description: 'the path to the hub swallows large packets; results come, readings follow',
      play: async (context) => {
        const { fixture, first } = await site(
          context,
          network,
          'black-hole',
          'lamp',
          'light_sensor',
        );
        network.cut();
        await sleep(8_000);
        network.mend();
        network.swallowAbove(1_400);
        await baseOnline(fixture.api, fixture.baseId);
        const violations: string[] = [];
        const notes: string[] = [];
        const durations: number[] = [];
        for (let round = 0; round < 5; round += 1) {
          const done = await command(fixture, first);
          durations.push(done.durationMs);
          violations.push(...tooSlow('a command', done, 5_000));
        }
        const status = [
          process.execPath,
          'bin/signalbox.js',
          'base',
          'status',
          '--data',
          fixture.baseData,
        ];
        const narrowAtMs = performance.now();
        await until(
          'the status says why',
          () => run([...network.enter('base'), ...status]).includes('large_messages_lost'),
          60_000,
        ).then(
          () => {
            const durationMs = performance.now() - narrowAtMs;
            notes.push(
              `the status says that large messages are lost, ${durationMs.toFixed(0)} ms on`,
            );
          },
          () => violations.push('the status did not say in time that large messages are lost'),
        );
        return result(
          [`commands: ${durations.map((ms) => `${ms.toFixed(0)} ms`).join(', ')}`, ...notes],
          violations,
        );
      },
    },
    {
      name: 'lossy-line',
      description: 'three packets of a hundred are lost, each way',
      play: async (context) => {
        const { fixture, first } = await site(context, network, 'lossy-line', 'lamp');
        network.lose(3);
        const violations: string[] = [];
        const durations: number[] = [];
        for (let round = 0; round < (context.isLong ? 100 : 20); round += 1) {
          const done = await command(fixture, first);
          durations.push(done.durationMs);
          violations.push(...tooSlow('a command', done, 8_000));
        }
        durations.sort((a, b) => a - b);
        const median = durations[Math.floor(durations.length / 2)] ?? 0;
        return result(
          [`p50 ${median.toFixed(0)} ms, most ${(durations.at(-1) ?? 0).toFixed(0)} ms`],
          violations,
        );
      },
    },
    cutLine(network),
    {
      name: 'swap',
      description: 'two units exchange their addresses; then one gets a third in use',
      play: async (context) => {
        const { fixture, first } = await site(context, network, 'swap', 'lamp', 'lamp');
        const second = fixture.units[1];
        if (!second) throw new Error('a site of two units');
        const violations: string[] = [];
        const notes: string[] = [];
        network.address([first.member, unitAddress(11)], [second.member, unitAddress(10)]);
        const swappedAtMs = performance.now();
        for (const unit of [first, second]) {
          const done = await unitServed(fixture, unit);
          if (done.state !== 'succeeded') violations.push(`${unit.member} ended as ${done.state}`);
        }
        const durationMs = performance.now() - swappedAtMs;
        notes.push(`both serve again ${durationMs.toFixed(0)} ms after the exchange`);
        if (durationMs > 60_000) violations.push('it took over a minute after the exchange');
        network.address([first.member, unitAddress(20)]);
        const readdressedAtMs = performance.now();
        const after = await unitServed(fixture, first);
        const servedMs = performance.now() - readdressedAtMs;
        notes.push(`served ${servedMs.toFixed(0)} ms after another address`);
        if (after.state !== 'succeeded') violations.push(`after another address: ${after.state}`);
        if (servedMs > 30_000) violations.push('it took over half a minute after another address');
        return result(notes, violations);
      },
    },
    readdressed(network),
    slowLine(network),
  ];
}
