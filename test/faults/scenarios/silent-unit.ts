import { percentilesOf } from '../../bench/latencies.ts';
import { Command } from '#protocol/command/command.ts';
import { isFinal } from '#protocol/command/command-state.ts';
import { CommandTrace } from '#protocol/http/commands.ts';
import { UnitView } from '#protocol/http/units.ts';
import type { UnitId } from '#protocol/ids.ts';
import { answerHonestly, TWO_PROPERTIES } from '../../harness/made-up-unit.ts';
import { type ScriptedUnit, startScriptedUnit } from '../../harness/scripted-unit.ts';
import { SystemUnit } from '../../harness/system-unit.ts';
import { until } from '#platform/testing/until.ts';
import { percentileNote } from '../percentile-note.ts';
import { lampsOf, type FaultFixture, startFixture } from '../fault-fixture.ts';
import { type Scenario, scaled } from '../scenario.ts';

const WANTED_RATIO = 2;
const SILENT = { verb: 'invoke', affordance: 'door', input: true, ttlMs: 2_000 } as const;

/** Accepts every command, and answers none. */
async function addSilentUnit(
  fixture: FaultFixture,
): Promise<{ readonly unit: SystemUnit; readonly scripted: ScriptedUnit }> {
  const self = { hardwareId: 'silent-1', bootId: 7, affordances: TWO_PROPERTIES };
  const scripted = await startScriptedUnit((peer, envelope) => {
    if (envelope.body.case !== 'write') answerHonestly(self, peer, envelope);
  }, fixture.cleanup);
  const { id } = await fixture.api.post(UnitView, `/api/sites/${fixture.siteId}/units`, {
    name: 'Silent',
    endpoint: {
      kind: 'base',
      baseId: fixture.baseId,
      address: { host: '127.0.0.1', port: scripted.port },
    },
  });
  const unit = new SystemUnit(fixture.api, id);
  await unit.ready();
  return { unit, scripted };
}

/** Round trips to the lamps, a few at a time; how long each took. */
async function roundTrips(fixture: FaultFixture, count: number): Promise<number[]> {
  const latenciesMs: number[] = [];
  const lamps = lampsOf(fixture).map(({ id }) => new SystemUnit(fixture.api, id));
  await Promise.all(
    lamps.map(async (lamp) => {
      for (let index = 0; index < count / lamps.length; index += 1) {
        const startedAtMs = performance.now();
        const body = { verb: 'invoke', affordance: 'brightness', input: index % 101 } as const;
        const { command } = await lamp.command(body, { wait: 20 });
        latenciesMs.push(performance.now() - startedAtMs);
        if (command.state !== 'succeeded') throw new Error(`a lamp ended ${command.state}`);
      }
    }),
  );
  return latenciesMs;
}

/** Keeps commands on their way to the silent unit; the ids of all. */
function keepBusy(
  fixture: FaultFixture,
  unitId: UnitId,
): { readonly stop: () => Promise<string[]> } {
  const state = { isOn: true };
  const ids: string[] = [];
  const run = async (): Promise<void> => {
    while (state.isOn) {
      const path = `/api/units/${unitId}/commands`;
      const headers = { prefer: 'wait=1' };
      const answer = await fixture.api.send('POST', path, { body: SILENT, headers });
      if (answer.status < 300) ids.push(Command.parse(JSON.parse(answer.text)).id);
    }
  };
  const running = Promise.all([run(), run(), run()]);
  return {
    stop: async () => {
      state.isOn = false;
      await running;
      return ids;
    },
  };
}

/** What the hub reports of the silent unit's commands, compared with what that unit received. */
async function checkSilent(
  fixture: FaultFixture,
  ids: readonly string[],
  scripted: ScriptedUnit,
): Promise<string[]> {
  const violations: string[] = [];
  for (const id of ids) {
    const command = await until(
      `the silent unit's command ${id} has ended`,
      async () => {
        const trace = await fixture.api.get(CommandTrace, `/api/commands/${id}/trace`);
        return isFinal(trace.command.state) ? trace.command : undefined;
      },
      60_000,
    );
    const tag = BigInt(`0x${id.replaceAll('-', '').slice(16)}`);
    const wasHeard = scripted.heard.some(
      ({ body }) => body.case === 'write' && body.value.tag?.commandId === tag,
    );
    if (command.state === 'succeeded') violations.push(`${id} succeeded, and nobody said so`);
    if (wasHeard && command.state !== 'unknown') {
      violations.push(`${id} is ${command.state}, and the unit has heard it`);
    }
  }
  return violations;
}

export const silentUnit: Scenario = {
  name: 'silent-unit',
  description:
    'a unit accepts commands and never answers: the outcome is reported truthfully, and the other units are not affected',
  play: async ({ cleanup, isLong, scale }) => {
    const fixture = await startFixture({ name: 'silent-unit', lamps: 4, sensors: 0, cleanup });
    const { unit, scripted } = await addSilentUnit(fixture);
    const count = isLong ? scaled(2_000, scale) : 60;
    await roundTrips(fixture, 20);
    const alone: number[] = [];
    const beside: number[] = [];
    const ids: string[] = [];
    // By turns, so that a slow moment of the machine meets both.
    for (let turn = 0; turn < 4; turn += 1) {
      alone.push(...(await roundTrips(fixture, count / 4)));
      const busy = keepBusy(fixture, unit.id);
      beside.push(...(await roundTrips(fixture, count / 4)));
      ids.push(...(await busy.stop()));
    }
    const ratio = percentilesOf(beside).p99Ms / percentilesOf(alone).p99Ms;
    const violations = await checkSilent(fixture, ids, scripted);
    // In the short form others run beside it, and it is only noted.
    if (isLong && ratio > WANTED_RATIO) {
      violations.push(`the others' p99 is ${ratio.toFixed(2)} times what it is without`);
    }
    return {
      notes: [
        percentileNote('the others, without the silent unit', alone),
        percentileNote('the others, beside it', beside),
        `p99 of the others: ${ratio.toFixed(2)} times`,
        `${ids.length} commands to the silent unit`,
      ],
      violations,
    };
  },
};
