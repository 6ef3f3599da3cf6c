import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { FakeHub } from './fake-hub.ts';
import { FakeSite } from './fake-site.ts';
import { furnish, SCENARIOS } from './furnish.ts';

const USAGE = `Runs a hub without bases for developing the dashboard.

  node --conditions=source --import tsx dashboard/testing/run-fake-hub.ts [options]

  --port N        port on 127.0.0.1 (8080)
  --scenario S    home (default), empty, paired, many, offline, rollout, setup
  --slow N        makes each stage of a command N times slower
  --built         serves the built dashboard as well (dist/dashboard)
  --refuse        units refuse every command: out-of-range
`;

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '8080' },
    scenario: { type: 'string', default: 'home' },
    slow: { type: 'string', default: '1' },
    refuse: { type: 'boolean', default: false },
    delay: { type: 'string', default: '0' },
    built: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(USAGE);
} else {
  const site = new FakeSite('Home');
  const hub = new FakeHub(site);
  site.slowness = Number(values.slow);
  hub.snapshotDelayMs = Number(values.delay);
  if (values.built) {
    hub.dashboardFolder = fileURLToPath(new URL('../../dist/dashboard', import.meta.url));
  }
  if (values.refuse) site.refusal = 'unit_out_of_range';
  const scenario = SCENARIOS.find((name) => name === values.scenario) ?? 'empty';
  furnish(site, scenario, (ms, action) => setInterval(action, ms));
  if (values.scenario === 'setup') {
    hub.signedIn = false;
    hub.signUp = 'setup';
  }
  console.log(await hub.start(Number(values.port)));
}
