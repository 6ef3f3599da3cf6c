import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { manualClock } from '../../../test/harness/virtual-units.ts';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { AncestorLamp } from '../../testing/ancestor-lamp.ts';
import { fixtureAddress, UnitFixture } from '../../testing/unit-fixture.ts';
import { LineDecoder } from './line-decoder.ts';

const DOCUMENT = readFileSync(new URL('../../../docs/line-units.md', import.meta.url), 'utf8');

/** The rows of the table with this head, cell by cell. */
function rowsUnder(head: string): string[][] {
  const [, after = ''] = DOCUMENT.split(`${head}\n`);
  const [table = ''] = after.split('\n\n');
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.split('|').slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim().replaceAll('`', '')));
}

const bytesOf = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');

describe('what docs/line-units.md says', () => {
  const lines = rowsUnder('| bytes | readings |');
  const colors = rowsUnder('| colour | bytes |');
  const endings = rowsUnder('| bytes | shown after | next client served after |');

  it('has rows to be read', () => {
    expect([lines.length, colors.length, endings.length]).toEqual([8, 5, 4]);
  });

  it.each(lines)('reads %s as %s', (hex = '', readings) => {
    const values = [...new LineDecoder().push(bytesOf(hex))].filter((line) => line !== undefined);
    expect(values.length === 0 ? 'none' : values.join(', ')).toBe(readings);
  });

  it.each(colors)('sends %s as %s', async (input = '', hex = '') => {
    const fixture = new UnitFixture();
    const lamp = new AncestorLamp(fixture.clock);
    atTestEnd.add(() => lamp.close());
    fixture.transport.put(fixtureAddress, lamp);
    const unit = fixture.unitOf(null, 'line-lamp');
    unit.submit(fixture.task({ affordance: 'color', input }));
    await fixture.settle();
    expect(lamp.connections).toEqual([[...bytesOf(hex)]]);
  });

  it.each(endings)(
    'makes the lamp show %s after %s, and serve the next after %s',
    (hex = '', ...after) => {
      const clock = manualClock();
      const lamp = new AncestorLamp(clock);
      const send = (bytes: Uint8Array) => {
        const { data, closed } = lamp.accept();
        data(bytes);
        closed();
      };
      send(bytesOf(hex));
      send(Buffer.from('#0000ff\r'));
      const shown = new Map<string, string>();
      // A colour takes a millisecond to show, which seconds do not.
      for (let ms = 0; ms <= 12_000; ms += 1) {
        if (!shown.has(lamp.color)) shown.set(lamp.color, `${Math.floor(ms / 1_000)} s`);
        clock.advance(1);
      }
      expect([shown.get('#ff0000'), shown.get('#0000ff')]).toEqual(after);
    },
  );
});
