import { describe, expect, it } from 'vitest';
import { Json } from './json.ts';
import { LIMITS } from './limits.ts';

function nested(depth: number): unknown {
  let value: unknown = 7;
  for (let index = 0; index < depth; index += 1) value = index % 2 === 0 ? [value] : { value };
  return value;
}

describe('a JSON value', () => {
  it.each([null, true, 7, 'text', [], {}, { a: [1, { b: null }] }])('may be %j', (value) => {
    expect(Json.parse(value)).toEqual(value);
  });

  it.each([undefined, 7n, Number.NaN, Symbol('s'), () => 7, { a: undefined }, [new Map()]])(
    'is not %s',
    (value) => {
      expect(Json.safeParse(value).success).toBe(false);
    },
  );

  it('is nested so deep at most', () => {
    expect(Json.safeParse(nested(LIMITS.jsonDepth)).success).toBe(true);
    expect(Json.safeParse(nested(LIMITS.jsonDepth + 1)).success).toBe(false);
  });

  it('that is far too deep overflows no stack', () => {
    const found = Json.safeParse(nested(100_000));
    expect(found.error?.issues).toHaveLength(1);
  });
});
