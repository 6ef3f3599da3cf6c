import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonPointer, valueAt, withValueAt } from './json-pointer.ts';

describe('a JSON pointer', () => {
  // The examples of RFC 6901 section 5.
  const document = {
    foo: ['bar', 'baz'],
    '': 0,
    'a/b': 1,
    'c%d': 2,
    'e^f': 3,
    'g|h': 4,
    'i\\j': 5,
    'k"l': 6,
    ' ': 7,
    'm~n': 8,
  };

  it.each([
    ['', document],
    ['/foo', ['bar', 'baz']],
    ['/foo/0', 'bar'],
    ['/', 0],
    ['/a~1b', 1],
    ['/c%d', 2],
    ['/e^f', 3],
    ['/g|h', 4],
    ['/i\\j', 5],
    ['/k"l', 6],
    ['/ ', 7],
    ['/m~0n', 8],
  ])('finds %j as the standard says', (pointer, value) => {
    expect(valueAt(document, JsonPointer.parse(pointer))).toEqual(value);
  });

  it.each(['/foo/2', '/foo/01', '/foo/-', '/none', '/a~1b/x', '/__proto__', '/foo/length'])(
    'finds nothing at %j',
    (pointer) => {
      expect(valueAt(document, JsonPointer.parse(pointer))).toBeUndefined();
    },
  );

  it.each(['foo', '/a~2', '/~', `/${'a'.repeat(200)}`, '/1'.repeat(9)])('refuses %j', (pointer) => {
    expect(JsonPointer.safeParse(pointer).success).toBe(false);
  });

  it('writes a value where it then is, and leaves the rest', () => {
    const written = withValueAt({ color: { r: 1 }, on: true }, '/color/g', 2);
    expect(written).toEqual({ color: { r: 1, g: 2 }, on: true });
    expect(withValueAt({}, '/a~1b/m~0n', 1)).toEqual({ 'a/b': { 'm~n': 1 } });
    expect(withValueAt({ a: 1 }, '', 5)).toBe(5);
  });

  it('finds what it wrote, whatever the names are, and changes no prototype', () => {
    const names = fc.array(fc.oneof(fc.string({ maxLength: 5 }), fc.constant('__proto__')), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(names, fc.integer(), (steps, value) => {
        const pointer = steps
          .map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`)
          .join('');
        fc.pre(JsonPointer.safeParse(pointer).success);
        expect(valueAt(withValueAt({}, pointer, value), pointer)).toBe(value);
        expect(Object.getPrototypeOf({})).toBe(Object.prototype);
      }),
    );
  });
});
