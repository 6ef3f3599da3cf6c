import { expect, it, onTestFinished, vi } from 'vitest';
import { CommandId, commandTagOf, newId, UnitId, uuidV7From } from './ids.ts';

it('makes ids that parse, sort by time and differ', () => {
  const early = newId(CommandId, 1_000);
  const late = newId(CommandId, 2_000);
  expect(CommandId.parse(early)).toBe(early);
  expect(early < late).toBe(true);
  expect(newId(UnitId)).not.toBe(newId(UnitId));
});

it('makes ids of version 7 with the time in front, with and without randomUUID', () => {
  const form = /^017f22e2-79b0-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  expect(newId(CommandId, 0x017f22e279b0)).toMatch(form);
  onTestFinished(() => {
    vi.unstubAllGlobals();
  });
  const getRandomValues = (bytes: Uint8Array): Uint8Array => bytes.fill(0xff);
  vi.stubGlobal('crypto', { getRandomValues });
  expect(newId(CommandId, 0x017f22e279b0)).toMatch(form);
});

it('agrees with the example of RFC 9562 appendix A.6', () => {
  // unix_ts_ms 0x017F22E279B0, rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F
  const random = Uint8Array.of(0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f);
  expect(uuidV7From(0x017f22e279b0, random)).toBe('017f22e2-79b0-7cc3-98c4-dc0c0c07398f');
});

it.each([
  '017F22E2-79B0-7CC3-98C4-DC0C0C07398F',
  '017f22e2-79b0-4cc3-98c4-dc0c0c07398f',
  '017f22e279b07cc398c4dc0c0c07398f',
  '',
])('refuses %j', (text) => {
  expect(CommandId.safeParse(text).success).toBe(false);
});

it('uses the last eight bytes of a command id as its tag', () => {
  const id = CommandId.parse('017f22e2-79b0-7cc3-98c4-dc0c0c07398f');
  expect(commandTagOf(id)).toBe(0x98c4dc0c0c07398fn);
});
