import { expect, it } from 'vitest';
import { MqttSite } from '../../testing/mqtt-site.ts';
import type { Revocation } from '../accounts/revocations.ts';

it('finds devices and passwords that another hub has revoked unheard', async () => {
  const site = await MqttSite.open();
  const devices = await Promise.all(['dev-a', 'dev-b', 'dev-c'].map((id) => site.register(id)));
  const verdicts = await Promise.all(devices.map((device) => site.connect(device)));
  const callers = verdicts.flatMap((verdict) => (verdict?.ok ? [verdict.principal] : []));
  expect(callers).toHaveLength(3);
  const { rightsAudit, revocations, unitOfWork } = site.services;
  rightsAudit.register(() => callers.map((caller) => ({ caller, sites: [site.siteId] })));
  const heard: Revocation[] = [];
  revocations.listen((revocation) => heard.push(revocation));
  await rightsAudit.run();
  expect(heard).toEqual([]);

  const [a, b] = devices;
  await unitOfWork.run(async ({ tx }) => {
    const ids = [a?.id, b?.id].flatMap((id) => (id === undefined ? [] : [id]));
    await tx.deleteFrom('device_credentials').where('device_id', 'in', ids).execute();
    await tx.deleteFrom('devices').where('id', 'in', ids.slice(0, 1)).execute();
  }, 'test');
  await rightsAudit.run();
  expect(heard.map(({ kind }) => kind)).toEqual(['device', 'credential', 'credential']);
  expect(heard[0]).toEqual({ kind: 'device', deviceId: a?.id });
  expect(heard[2]).toMatchObject({ deviceId: b?.id });
});
