import { expect, it } from 'vitest';
import { BaseId, newId, SiteId } from '../ids.ts';
import { channelName, parseChannelName } from './channels.ts';

it('spells and reads channel names', () => {
  for (const channel of [
    { kind: 'base', baseId: newId(BaseId) },
    { kind: 'site', siteId: newId(SiteId) },
  ] as const) {
    expect(parseChannelName(channelName(channel))).toEqual(channel);
  }
});

it.each([
  '',
  'private-base.',
  'private-base.1',
  'public',
  'private-unit.017f22e2-79b0-7cc3-98c4-dc0c0c07398f',
])('knows no channel %j', (name) => {
  expect(parseChannelName(name)).toBeUndefined();
});
