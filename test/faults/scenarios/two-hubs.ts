import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../../architecture/source.ts';
import { freePorts } from '../../harness/free-ports.ts';
import { startLoad } from '../load/start-load.ts';
import { FaultHub } from '../programs/hub.ts';
import { startFixture } from '../fault-fixture.ts';
import { type Scenario, scaled } from '../scenario.ts';
import { verifyFixture } from '../verify/verify-fixture.ts';

const NAME = 'two-hubs';

export const twoHubs: Scenario = {
  name: NAME,
  description: 'a second hub is started on the data folder of one that runs, under load',
  play: async ({ random, cleanup, isLong, scale }) => {
    const fixture = await startFixture({ name: NAME, lamps: 1, sensors: 1, cleanup });
    const load = startLoad(fixture, { random, perSecond: 20 });
    const { pid } = fixture.hub.program;
    const logPath = join(REPOSITORY, 'build/faults', NAME, 'second-hub.log');
    const rounds = isLong ? scaled(10, scale) : 2;
    for (let round = 0; round < rounds; round += 1) {
      const [httpsPort = 0, httpPort = 0] = await freePorts(2);
      const { data } = fixture.hub;
      const second = new FaultHub({ data, httpsPort, httpPort, logPath, cleanup });
      second.program.spawn();
      await second.program.ended(30_000);
    }
    const said = readFileSync(logPath, 'utf8').trim().split('\n');
    const isRefused = (line: string) => line.includes(`Another hub runs on ${fixture.hub.data}: `);
    await load.stop();
    const isSame = fixture.hub.program.isRunning && fixture.hub.program.pid === pid;
    const { commands, readings } = await verifyFixture(fixture, load.ledger);
    const errors = [...fixture.hub.program.log.grep('"level":50')];
    return {
      commands: commands.counts,
      readings: readings.counts,
      notes: [`${rounds} times refused`, commands.ends],
      violations: [
        ...commands.violations,
        ...readings.violations,
        ...(isSame ? [] : ['the first hub did not go on']),
        ...said.filter((line) => !isRefused(line)).map((line) => `the second said: ${line}`),
        ...(said.length === rounds ? [] : [`it said ${said.length} lines in ${rounds} starts`]),
        ...errors.map((line) => `the first hub was disturbed: ${line}`),
      ],
    };
  },
};
