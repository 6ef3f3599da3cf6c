import { expect, it } from 'vitest';
import { AccountEvent } from '#protocol/events/account-event.ts';
import { SITE_EVENT_TYPES } from '#protocol/events/site-event.ts';
import { ACCOUNT_CASES, SITE_CASES } from './crash-cases.ts';

it('has a crash for each type of event that the hub stores', () => {
  expect(Object.keys(SITE_CASES).toSorted()).toEqual(SITE_EVENT_TYPES.toSorted());
  const ofAccounts = AccountEvent.options.map(({ shape }) => shape.type.value);
  expect(Object.keys(ACCOUNT_CASES).toSorted()).toEqual(ofAccounts.toSorted());
});
