import { expect, it } from 'vitest';
import { newId, UnitId } from '#protocol/ids.ts';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { until } from '#platform/testing/until.ts';
import { startVirtualUnit } from '../../test/harness/virtual-units.ts';
import { FakeHub } from '../testing/fake-hub.ts';
import { issued, startTestBase } from '../testing/test-base.ts';

/** Everything that a hub says, and what no hub says. */
const EVENTS = [
  ...['units.discover', 'address.probe', 'log.entry', 'heartbeat'],
  ...['channel.left', 'closing', 'log.head', '__proto__'],
];
/** A function, the last of what is sent, would be the acknowledgement; here nobody waits for one. */
const SENT: readonly (readonly unknown[])[] = [
  [],
  [null],
  [{}],
  [{}, {}],
  [{ revision: null }, 'not a function'],
  [{ revision: null }],
  [{ address: { host: '127.0.0.1', port: 1 } }],
  [{ epoch: 1, seq: -1 }, null, undefined],
];

it('continues whatever the hub emits, with or without an acknowledgement function', async () => {
  const hub = new FakeHub();
  await hub.start();
  atTestEnd.add(() => hub.close());
  const unitId = newId(UnitId);
  const { port } = await startVirtualUnit({ kind: 'lamp' }, atTestEnd);
  const address = { host: '127.0.0.1', port };
  hub.units = [{ unitId, name: 'Lamp', address, link: 'frames', hardwareId: null }];
  const { base } = await startTestBase({ hub }, atTestEnd);
  await until('the lamp is ready', () => hub.stateOf(unitId) === 'ready');
  for (const event of EVENTS) for (const sent of SENT) hub.emit(event, ...sent);
  const command = issued({ unitId });
  hub.issue(command);
  await until('a result', () => hub.results.find(({ commandId }) => commandId === command.id));
  expect(base.status().hub.state).toBe('online');
});
