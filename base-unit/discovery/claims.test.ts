import { describe, expect, it } from 'vitest';
import { Claims, MAX_CLAIMS_PER_NAME } from './claims.ts';

const LIFE_MS = 1_000;

function fixture(max = 100) {
  let nowMs = 0;
  const claims = new Claims<string>({ nowMs: () => nowMs, max });
  return {
    claims,
    put: (name: string, sender: string, value = sender) =>
      claims.put(name, { value, sender }, LIFE_MS),
    values: (name: string) => claims.of(name).map(({ value }) => value),
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

describe('claims of names', () => {
  it('of different senders stand side by side', () => {
    const { put, values } = fixture();
    put('lamp', 'a');
    put('lamp', 'b');
    expect(values('lamp')).toEqual(['a', 'b']);
    expect(values('fan')).toEqual([]);
  });

  it('last as long as their sender said, and begin again when they are repeated', () => {
    const { put, values, pass } = fixture();
    put('lamp', 'a');
    put('lamp', 'b');
    pass(LIFE_MS - 1);
    expect(values('lamp')).toEqual(['a', 'b']);
    put('lamp', 'a');
    pass(1);
    expect(values('lamp')).toEqual(['a']);
    pass(LIFE_MS);
    expect(values('lamp')).toEqual([]);
  });

  it('are withdrawn by their own sender alone', () => {
    const { claims, put, values } = fixture();
    put('lamp', 'a', 'here');
    put('lamp', 'b', 'here');
    claims.put('lamp', { value: 'here', sender: 'a' }, 0);
    expect(claims.of('lamp')).toMatchObject([{ sender: 'b' }]);
    put('lamp', 'b', 'there');
    claims.withdraw('lamp', 'a');
    expect(values('lamp')).toEqual(['here', 'there']);
    claims.withdraw('lamp', 'b');
    expect(values('lamp')).toEqual([]);
  });

  it('of one name are bounded: who floods it replaces what it said itself', () => {
    const { put, values } = fixture();
    put('lamp', 'true one');
    for (let index = 0; index < 20; index += 1) put('lamp', 'flood', `lie ${index}`);
    expect(values('lamp')).toHaveLength(MAX_CLAIMS_PER_NAME);
    expect(values('lamp')).toEqual(['true one', 'lie 17', 'lie 18', 'lie 19']);
  });

  it('of all names are bounded: who floods them replaces what it said itself', () => {
    const { claims, put, values } = fixture(8);
    put('lamp', 'a');
    put('fan', 'b');
    for (let index = 0; index < 50; index += 1) put(`lie ${index}`, 'flood');
    expect([values('lamp'), values('fan')]).toEqual([['a'], ['b']]);
    expect(claims.entries().filter(([name]) => name.startsWith('lie'))).toHaveLength(6);
    expect(values('lie 49')).toEqual(['flood']);
  });

  it('of a new sender find room where one sender has it all', () => {
    const { put, values } = fixture(4);
    for (let index = 0; index < 4; index += 1) put(`lie ${index}`, 'flood');
    put('lamp', 'a');
    expect(values('lamp')).toEqual(['a']);
    expect(values('lie 0')).toEqual([]);
    expect(values('lie 3')).toEqual(['flood']);
  });

  it('that have ended make room before any other does', () => {
    const { put, values, pass } = fixture(2);
    put('old', 'a');
    pass(LIFE_MS);
    put('lamp', 'b');
    put('fan', 'b');
    expect([values('old'), values('lamp'), values('fan')]).toEqual([[], ['b'], ['b']]);
  });
});
