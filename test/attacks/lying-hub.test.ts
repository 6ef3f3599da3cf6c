import { expect, it } from 'vitest';
import type { UnitAssignment } from '#protocol/hub-link/base-log.ts';
import { newId, UnitId } from '#protocol/ids.ts';
import { issued } from '../../base-unit/testing/test-base.ts';
import type { WebhookAnswer } from '../../base-unit/testing/fake-hub.ts';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { until } from '#platform/testing/until.ts';
import { startVirtualUnit } from '../harness/virtual-units.ts';
import { startAttackedBase } from './attacked-base.ts';

const PATIENCE_MS = 20_000;

async function startWithLamp() {
  const { hub, base } = await startAttackedBase(atTestEnd);
  const { port } = await startVirtualUnit({ kind: 'lamp' }, atTestEnd);
  const lamp: UnitAssignment = {
    ...{ unitId: newId(UnitId), name: 'Lamp', address: { host: '127.0.0.1', port } },
    ...{ link: 'frames', hardwareId: null },
  };
  hub.assign([lamp]);
  await until('the lamp', () => hub.stateOf(lamp.unitId) === 'ready', PATIENCE_MS);
  const expectToWork = async () => {
    const command = issued({ unitId: lamp.unitId });
    hub.issue(command);
    const find = () => hub.results.find(({ commandId }) => commandId === command.id);
    expect(await until('the lamp answers', find, PATIENCE_MS)).toMatchObject({
      outcome: 'succeeded',
    });
    expect((await base.status()).hub.state).toBe('online');
  };
  await expectToWork();
  return { hub, base, lamp, expectToWork };
}

it('loses no event of a base by answers of others, and fills no log', async () => {
  const { hub, base, lamp, expectToWork } = await startWithLamp();
  const page = '<html>413 Request Entity Too Large</html>';
  const html = { 'content-type': 'text/html' };
  const refused = Array.from({ length: 200 }, (_, seq) => ({
    ...{ seq: seq + 1_000_000, code: 'event_invalid' },
  }));
  const answers: readonly WebhookAnswer[] = [
    ...[200, 302, 400, 401, 413, 422].map((status) => ({ status, body: page, headers: html })),
    { status: 200, body: {} },
    { status: 200, body: { accepted: 0, duplicates: 0, refused } },
  ];
  for (const answer of answers) {
    let lied = 0;
    hub.onWebhook = () => {
      lied += 1;
      return answer;
    };
    const command = issued({ unitId: lamp.unitId });
    hub.issue(command);
    await until('the hub lies twice', () => lied >= 2, PATIENCE_MS);
    hub.onWebhook = undefined;
    const arrived = () => hub.results.some(({ commandId }) => commandId === command.id);
    await until('the result arrives all the same', arrived, PATIENCE_MS);
  }
  const { refused: given } = (await base.status()).outbox;
  expect(given).toBe(0);
  expect(base.logBytes()).toBeLessThan(200_000);
  await expectToWork();
});

it('does not stop a base by a list beyond all bounds', async () => {
  const { hub, base, lamp, expectToWork } = await startWithLamp();
  const many = Array.from({ length: 100_000 }, () => ({ ...lamp, unitId: newId(UnitId) }));
  hub.units = [lamp, ...many];
  hub.forgetLog();
  hub.cut();
  await until('the base is away', () => !hub.isConnected, PATIENCE_MS);
  await until('it connects again', () => hub.isConnected, PATIENCE_MS);
  hub.units = [lamp];
  await until(
    'it has resumed',
    async () => (await base.status()).hub.state === 'online',
    PATIENCE_MS,
  );
  expect((await base.status()).units).toHaveLength(1);
  await expectToWork();
});
