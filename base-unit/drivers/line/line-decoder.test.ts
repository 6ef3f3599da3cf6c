import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PROPERTY_TIMEOUT_MS, propertyRuns } from '../../../test/harness/property-runs.ts';
import { type Line, LineDecoder, MAX_LINE_BYTES } from './line-decoder.ts';

function decode(...chunks: (string | Uint8Array)[]): Line[] {
  const decoder = new LineDecoder();
  return chunks.flatMap((chunk) => [
    ...decoder.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk),
  ]);
}

const cases: [string, string, Line[]][] = [
  ['the bytes of the ancestor', '512\n', [512]],
  ['nothing at all', '', []],
  ['both ends of its range', '0\n1024\n', [0, 1024]],
  ['three lines in one chunk', '1\n2\n3\n', [1, 2, 3]],
  ['lines that end in CRLF', '1\r\n2\r\n', [1, 2]],
  ['a fraction and a negative number', '21.5\n-3\n', [21.5, -3]],
  ['minus zero', '-0\n', [0]],
  ['a number whose LF has not come', '51', []],
  ['an empty line', '\n', [undefined]],
  ['words', 'ready\n', [undefined]],
  ['a number and a unit', '512 lx\n', [undefined]],
  ['blanks around it', ' 512\n', [undefined]],
  ['an exponent', '1e3\n', [undefined]],
  ['hexadecimal digits', '0x10\n', [undefined]],
  ['what is no number to JSON', 'nan\ninf\n', [undefined, undefined]],
  ['a plus sign', '+5\n', [undefined]],
  ['a CR in the middle', '5\r1\n', [undefined]],
  ['a NUL at the end, of a full buffer', '1024\0\n', [undefined]],
  ['digits that are not ASCII', '٥\n', [undefined]],
  ['more digits than a number can hold', `${'9'.repeat(16)}\n`, [undefined]],
  ['the longest line', `${' '.repeat(MAX_LINE_BYTES)}\n5\n`, [undefined, 5]],
  ['a line that never seems to end', `${'5'.repeat(100_000)}\n5\n`, [undefined, 5]],
];

describe('lines of a sensor', () => {
  it.each(cases)('reads %s', (_name, text, lines) => {
    expect(decode(text)).toEqual(lines);
  });

  it.each(cases.filter(([, text]) => text.length < 100))(
    'reads %s byte by byte',
    (_name, text, lines) => {
      expect(decode(...Array.from(Buffer.from(text), (byte) => Uint8Array.of(byte)))).toEqual(
        lines,
      );
    },
  );

  it(
    'has one result per LF, finite or none, whatever comes and however it is cut',
    () => {
      const text = fc.string({
        unit: fc.constantFrom('0', '9', '12', '-', '.', ' ', 'e', '\r', '\n', '\r\n'),
        maxLength: 60,
      });
      const chunk = fc.oneof(
        fc.uint8Array({ maxLength: 200 }),
        text.map((letters) => Uint8Array.from(Buffer.from(letters))),
      );
      fc.assert(
        fc.property(fc.array(chunk), (chunks) => {
          const decoder = new LineDecoder();
          const lines = chunks.flatMap((one) => [...decoder.push(one)]);
          const whole = [...new LineDecoder().push(Buffer.concat(chunks))];
          expect(lines).toEqual(whole);
          expect(lines).toHaveLength(Buffer.concat(chunks).filter((byte) => byte === 0x0a).length);
          expect(lines.every((line) => line === undefined || Number.isFinite(line))).toBe(true);
        }),
        propertyRuns(300),
      );
    },
    PROPERTY_TIMEOUT_MS,
  );
});
