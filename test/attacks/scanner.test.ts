import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { expect, it } from 'vitest';
import type { UnitAssignment } from '#protocol/hub-link/base-log.ts';
import { newId, UnitId } from '#protocol/ids.ts';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { until } from '#platform/testing/until.ts';
import { startAttackedBase } from './attacked-base.ts';

const own = Object.values(networkInterfaces())
  .flatMap((addresses = []) => addresses)
  .filter(({ internal, family }) => !internal && family === 'IPv4')
  .map(({ address }) => address);
/** This machine, in the spellings that programs know, and what is no unit's address. */
const spellings = [
  ...['127.0.0.1', '127.9.9.9', 'localhost', '::1', '0:0:0:0:0:0:0:1'],
  ...['::ffff:127.0.0.1', '::FFFF:7F00:1', '::127.0.0.1', '64:ff9b::7f00:1', '2130706433'],
  ...['127.1', '0x7f.1', '0x7f000001', '0177.0.0.1', '127.0.0.1.', 'localhost.', '0.0.0.0', '::'],
  ...['0', '169.254.169.254', '::ffff:169.254.169.254', 'fd00:ec2::254', '224.0.0.1'],
  ...['255.255.255.255', '999.1.1.1', ...own, ...own.map((address) => `::ffff:${address}`)],
];
/** More would be dialled over a while. */
const AT_ONCE = 8;

it('makes no scanner of a base: what its file does not allow it does not dial', async () => {
  let knocks = 0;
  const server = createServer((socket) => {
    knocks += 1;
    socket.end('SSH-2.0-secret\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '::', resolve));
  atTestEnd.add(() => void server.close());
  const at = server.address();
  if (at === null || typeof at === 'string') throw new Error('no port');
  const { hub, base } = await startAttackedBase(atTestEnd, {});
  for (let from = 0; from < spellings.length; from += AT_ONCE) {
    const units = spellings.slice(from, from + AT_ONCE).map((host): UnitAssignment => ({
      ...{ unitId: newId(UnitId), name: host.slice(0, 60), address: { host, port: at.port } },
      ...{ link: 'frames', hardwareId: null },
    }));
    hub.assign(units);
    for (const { unitId, address } of units) {
      const presence = await until(
        `${address.host} is judged`,
        () => hub.presences.findLast((one) => one.unitId === unitId && one.state === 'lost'),
        15_000,
      );
      expect([address.host, presence.code]).toEqual([address.host, 'unit_address_refused']);
    }
  }
  expect(knocks).toBe(0);
  expect(hub.described).toEqual([]);
  expect(base.isRunning).toBe(true);
});
