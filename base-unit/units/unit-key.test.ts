import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { newId, UnitId } from '#protocol/ids.ts';
import { formatLinkKey, parseLinkKey } from '#protocol/noise/link-key.ts';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { openStore } from '../store/store.ts';
import { unitKey } from './unit-key.ts';
import { UnitProtections } from '../drivers/unit-protections.ts';

const KEY = formatLinkKey(new Uint8Array(32).fill(5));

/** A store with two units of the hub, the second named as the third is. */
function build() {
  const store = openStore({ path: ':memory:' });
  atTestEnd.add(() => store.close());
  const units = ['Lamp', 'Twin', 'Twin'].map((name, index) => ({
    unitId: newId(UnitId),
    name,
    address: { host: 'unit.test', port: index + 1 },
    link: 'frames' as const,
    hardwareId: null,
  }));
  store.units.replaceByHub(units);
  const ids = units.map(({ unitId }) => unitId);
  const give = (unit: string, more: { plain?: boolean; keyFile?: string } = {}) =>
    unitKey({ unit, plain: false, keyFile: undefined, ...more, units: store.units });
  return { store, units, ids, give, protectionOf: (id: UnitId) => store.units.protection(id) };
}

it('makes a key, prints it once, and keeps it with the unit', () => {
  const { ids, give, protectionOf } = build();
  const [lamp = newId(UnitId)] = ids;
  expect(protectionOf(lamp)).toEqual({ kind: 'unknown' });
  const key = parseLinkKey(give('Lamp'));
  const kept = protectionOf(lamp);
  expect(kept.kind === 'encrypted' && Buffer.from(kept.key).equals(key ?? Buffer.of())).toBe(true);
  expect(give('Lamp')).not.toBe(formatLinkKey(key ?? new Uint8Array(32)));
});

it('finds a unit by its address and by its id, and not by a name that two have', () => {
  const { ids, give, protectionOf } = build();
  give('unit.test:2', { plain: true });
  give(ids[2] ?? '');
  expect(ids.map((id) => protectionOf(id).kind)).toEqual(['unknown', 'plain', 'encrypted']);
  expect(() => give('Twin')).toThrow(expect.objectContaining({ code: 'bad_request' }));
  expect(() => give('Nobody')).toThrow(expect.objectContaining({ code: 'unit_unknown' }));
});

it('creates a key file for its owner alone, uses an existing one, and prints neither', () => {
  const { give, ids, protectionOf } = build();
  const folder = temporaryFolder(atTestEnd);
  const fresh = join(folder, 'fresh.key');
  const said = give('Lamp', { keyFile: fresh });
  expect(statSync(fresh).mode & 0o777).toBe(0o600);
  expect(said).not.toContain(readFileSync(fresh, 'utf8').trim());
  const given = join(folder, 'given.key');
  writeFileSync(given, KEY, { mode: 0o600 });
  expect(give('Lamp', { keyFile: given })).not.toContain(KEY);
  expect(protectionOf(ids[0] ?? newId(UnitId))).toMatchObject({ kind: 'encrypted' });
  const open = join(folder, 'open.key');
  writeFileSync(open, KEY, { mode: 0o644 });
  expect(() => give('Lamp', { keyFile: open })).toThrow(
    expect.objectContaining({ code: 'bad_request' }),
  );
});

it('keeps the key with the unit when the hub moves it, and forgets it when the hub removes it', () => {
  const { store, units, ids, give, protectionOf } = build();
  const [lamp = newId(UnitId)] = ids;
  give('Lamp');
  const moved = units.map((unit) => ({ ...unit, address: { host: 'else.test', port: 9 } }));
  store.units.replaceByHub(moved.slice(0, 1));
  expect(protectionOf(lamp).kind).toBe('encrypted');
  store.units.replaceByHub([]);
  store.units.replaceByHub(units);
  expect(protectionOf(lamp).kind).toBe('unknown');
});

it('uses an unencrypted link only with approval', () => {
  const { store, units } = build();
  const [lamp, twin] = units;
  if (!lamp || !twin) throw new Error('no units');
  const configured = [
    { address: { host: 'UNIT.test', port: 1 }, key: KEY },
    { address: { host: 'other.test', port: 2 }, plain: true },
  ];
  const strict = new UnitProtections({ units: store.units, configured, allowsPlain: false });
  expect(strict.of(lamp).kind).toBe('encrypted');
  expect(strict.of(twin).kind).toBe('unknown');
  const lax = new UnitProtections({ units: store.units, configured: [], allowsPlain: true });
  expect(lax.of(twin).kind).toBe('plain');
  // The key that came from the configuration stays with the unit.
  expect(lax.of(lamp).kind).toBe('encrypted');
});
