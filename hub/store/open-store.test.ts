import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { blankPlace, openTestStore, testEngines } from '../testing/test-store.ts';
import { isNewStore } from './open-store.ts';

const log = pino({ level: 'silent' });

describe.each(testEngines())('a place for the data of a hub on %s', (engine) => {
  it('is new until a store was opened there, however often somebody looks', async () => {
    const place = await blankPlace(engine);
    expect(await isNewStore(place, log)).toBe(true);
    expect(await isNewStore(place, log)).toBe(true);
    const store = await openTestStore(place);
    expect(await isNewStore(place, log)).toBe(false);
    await store.close();
    expect(await isNewStore(place, log)).toBe(false);
  });
});
