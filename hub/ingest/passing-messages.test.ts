import { expect, it } from 'vitest';
import { DeviceId, newId, SiteId } from '#protocol/ids.ts';
import type { MessageRecord } from '../store/mqtt-messages.ts';
import { PassingMessages } from './passing-messages.ts';

const site = newId(SiteId);
const message = (storedAtMs: number): MessageRecord => ({
  ...{ site, seq: 0, storedAtMs, topic: 'a', payload: Buffer.from('1'), qos: 0 },
  ...{ isRetained: false, properties: null, expiresAtMs: null, author: '', sessionKey: null },
});

it('drops the oldest messages of a device that sends too many, and says which times are missing', () => {
  const passing = new PassingMessages();
  const [loud, quiet] = [newId(DeviceId), newId(DeviceId)];
  for (let at = 1; at <= 203; at += 1) passing.add(loud, message(at));
  passing.add(quiet, message(500));
  expect(passing.lost).toBe(3);
  expect(passing.claimLost(loud)).toEqual({ count: 3, fromMs: 1, toMs: 3 });
  expect(passing.claimLost(loud)).toBeUndefined();
  expect(passing.claimLost(quiet)).toBeUndefined();
  expect(passing.claim(site, 256).get(quiet)).toHaveLength(1);
  passing.drop(quiet, [message(500)]);
  expect(passing.claimLost(quiet)).toEqual({ count: 1, fromMs: 500, toMs: 500 });
});
