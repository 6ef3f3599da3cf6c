import { cpSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { SiteSnapshot } from '#protocol/http/sites.ts';
import { temporaryFolder } from '#platform/testing/cleanup.ts';
import { until } from '#platform/testing/until.ts';
import { startLoad } from '../load/start-load.ts';
import type { Program } from '../programs/program.ts';
import { baseOnline, type FaultFixture, startFixture } from '../fault-fixture.ts';
import type { Scenario, ScenarioContext, ScenarioResult } from '../scenario.ts';
import { BaseRecords } from '../verify/base-records.ts';
import { verifyFixture } from '../verify/verify-fixture.ts';

const PER_SECOND = 10;
const LONG_MS = 10_000;
const SHORT_MS = 2_000;
/** What was in flight when the copy was made was measured shortly before. */
const MARGIN_MS = 1_000;

/** As a person does it: the program is stopped while its folder is copied. */
async function copyOf(program: Program, data: string, copy: string): Promise<void> {
  await program.stop();
  cpSync(data, copy, { recursive: true });
  await program.start();
}

async function putBack(program: Program, data: string, copy: string): Promise<void> {
  await program.kill();
  rmSync(data, { recursive: true });
  cpSync(copy, data, { recursive: true });
  await program.start();
}

/** What stays wrong if nobody notices that a copy was restored. */
async function unitFaults(fixture: FaultFixture): Promise<string[]> {
  const look = async (): Promise<string[]> => {
    const path = `/api/sites/${fixture.siteId}/snapshot`;
    const { units } = await fixture.api.get(SiteSnapshot, path);
    return units.flatMap(({ name, presence, description }) => [
      ...(presence.state === 'ready' ? [] : [`${name} stayed ${presence.state} at the hub`]),
      ...(description === null ? [`${name} stayed without a description at the hub`] : []),
    ]);
  };
  await until('the units are right', async () => (await look()).length === 0, 20_000).catch(
    () => undefined,
  );
  return await look();
}

async function play(
  name: string,
  which: 'base' | 'hub',
  { random, cleanup, isLong, say }: ScenarioContext,
): Promise<ScenarioResult> {
  const fixture = await startFixture({ name, lamps: 2, sensors: 1, cleanup });
  const { program, data } = fixture[which];
  const copy = `${temporaryFolder(cleanup)}/copy`;
  const lastsMs = isLong ? LONG_MS : SHORT_MS;
  const load = startLoad(fixture, { random, perSecond: PER_SECOND });
  await sleep(lastsMs);
  const fromMs = Date.now() - MARGIN_MS;
  await copyOf(program, data, copy);
  say('the copy is made');
  await baseOnline(fixture.api, fixture.baseId);
  await sleep(lastsMs);
  if (which === 'base') await outboxEmpty(fixture);
  await putBack(program, data, copy);
  const toMs = Date.now();
  say('the copy is put back');
  await baseOnline(fixture.api, fixture.baseId);
  await sleep(lastsMs);
  await load.stop();
  const faults = await unitFaults(fixture);
  const lost = which === 'hub' ? { fromMs, toMs } : undefined;
  const { commands, readings } = await verifyFixture(fixture, load.ledger, lost ? { lost } : {});
  return {
    commands: commands.counts,
    readings: readings.counts,
    notes: [
      ...(lost
        ? [`the copy lost what the hub received in ${((toMs - fromMs) / 1_000).toFixed(1)} s`]
        : []),
      commands.ends,
    ],
    violations: [...faults, ...commands.violations, ...readings.violations],
  };
}

/** What waits at the base alone is lost with it: here nothing does. */
async function outboxEmpty(fixture: FaultFixture): Promise<void> {
  const records = new BaseRecords(fixture.base.database);
  try {
    await until('little waits at the base', () => records.outbox() <= 1, 10_000);
  } finally {
    records.close();
  }
}

export const basePutBack: Scenario = {
  name: 'base-put-back',
  description: 'the folder of the base is put back from a copy, under load',
  play: (context) => play('base-put-back', 'base', context),
};

export const hubPutBack: Scenario = {
  name: 'hub-put-back',
  description: 'the folder of the hub is put back from a copy, under load',
  play: (context) => play('hub-put-back', 'hub', context),
};
