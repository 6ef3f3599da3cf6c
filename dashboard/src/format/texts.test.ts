import { describe, expect, it } from 'vitest';
import { LAMP_THING, WORKBENCH_THING } from '../../testing/fake-things.ts';
import { browserName } from './browser-name.ts';
import { parseTypedColor } from './color-names.ts';
import { commandText } from './command-text.ts';
import { factText } from './fact-text.ts';
import { lampGlow } from './lamp-glow.ts';
import { qrPath } from './qr-path.ts';
import { sparklinePaths } from '../components/sparkline-path.ts';
import { parseTyped } from './typed-value.ts';

describe('a typed colour', () => {
  it.each([
    ['#FF8800', '#ff8800'],
    ['ff8800', '#ff8800'],
    [' #f80 ', '#ff8800'],
    ['#ff880', undefined],
    ['Red', '#ff0000'],
    ['reddish', undefined],
  ])('reads %s as %s', (typed, colour) => {
    expect(parseTypedColor(typed)).toBe(colour);
  });
});

describe('a typed value', () => {
  it('is checked by the rules of the unit', () => {
    const schema = { type: 'integer', minimum: 0, maximum: 10 } as const;
    expect(parseTyped(schema, '7')).toEqual({ ok: true, value: 7 });
    expect(parseTyped(schema, '11')).toEqual({ ok: false, reason: 'must be at most 10' });
    expect(parseTyped(schema, '')).toMatchObject({ ok: false });
    expect(parseTyped({ type: 'number' }, '2,5')).toEqual({ ok: true, value: 2.5 });
    expect(parseTyped({ type: 'string', contentEncoding: 'base64' }, '***')).toMatchObject({
      ok: false,
    });
  });
});

describe('a command in words', () => {
  it('says what becomes what', () => {
    const write = { operation: 'writeproperty', affordance: 'brightness', input: 80 } as const;
    expect(commandText(write, LAMP_THING)).toBe('Brightness to 80 %');
    expect(commandText(write, null)).toBe('brightness to 80');
  });

  it('says on and off for a switch', () => {
    const off = { operation: 'writeproperty', affordance: 'on', input: false } as const;
    expect(commandText(off, LAMP_THING)).toBe('Turn off');
    expect(commandText({ ...off, affordance: 'relay' }, WORKBENCH_THING)).toBe('Relay off');
  });

  it('names the arguments of an action', () => {
    const input = { pin: 4, level: 1 };
    const action = { operation: 'invokeaction', affordance: 'gpioWrite', input } as const;
    expect(commandText(action, LAMP_THING)).toBe('Set pin (pin 4, level 1)');
    expect(commandText({ operation: 'invokeaction', affordance: 'reset' }, LAMP_THING)).toBe(
      'Restart',
    );
  });
});

describe('a fact about a board', () => {
  it('is written in everyday words', () => {
    expect(factText('diagnostic.uptime', 7_380_000, { nowMs: 0 })).toBe('2 h 3 min');
    expect(factText('diagnostic.rssi', -61, { nowMs: 0 })).toBe('-61 dBm, good');
    expect(factText('diagnostic.freeHeap', 38_240, { nowMs: 0, locale: 'en' })).toBe('38.2 kB');
    expect(factText('diagnostic.time', 0, { nowMs: 10_000, locale: 'en' })).toMatch(
      /off by 10.00 s/,
    );
    expect(factText('diagnostic.mac', '5c:cf', { nowMs: 0 })).toBeUndefined();
  });
});

describe('a lamp', () => {
  it('shines in the colour it reported, as an eye would see it', () => {
    expect(lampGlow(true, '#ff0000', 25)).toEqual({ lit: true, color: '#ff0000', level: 0.63 });
  });

  it('is dark when it is off, at zero, black, or unknown', () => {
    expect(lampGlow(false, '#ff0000', 80).lit).toBe(false);
    expect(lampGlow(true, '#ff0000', 0).lit).toBe(false);
    expect(lampGlow(true, '#000000', 80).lit).toBe(false);
    expect(lampGlow(undefined, '#ff0000', 80).lit).toBe(false);
  });
});

const DAY_MS = 24 * 3_600_000;

describe('a sparkline', () => {
  it('breaks where nothing was measured', () => {
    const paths = sparklinePaths(
      [
        [0, 1],
        [900_000, 2],
        [9_000_000, 3],
        [9_900_000, 1],
      ],
      { width: 100, height: 20 },
      10_000_000,
    );
    expect(paths?.line.match(/M/g)).toHaveLength(2);
    expect(paths).toMatchObject({ low: 1, high: 3 });
  });

  it('draws nothing from a single point, and a level line from equal ones', () => {
    expect(sparklinePaths([[0, 1]], { width: 100, height: 20 }, 0)).toBeUndefined();
    expect(
      sparklinePaths(
        [
          [0, 1],
          [1, 1],
        ],
        { width: 100, height: 20 },
        DAY_MS,
      )?.line,
    ).toBe('M0 10L0 10');
  });

  it('gives a minute the place that it has in a day', () => {
    const minutes = [
      [DAY_MS - 600_000, 1],
      [DAY_MS, 2],
    ] as const;
    expect(sparklinePaths(minutes, { width: 240, height: 20 }, DAY_MS)?.line).toBe(
      'M238.3 18L240 2',
    );
    expect(sparklinePaths(minutes, { width: 240, height: 20 }, DAY_MS * 1.5)?.line).toBe(
      'M118.3 18L120 2',
    );
  });
});

it('draws runs of dark modules of a QR code', () => {
  expect(qrPath([1, 1, 0, 1], 2)).toBe('M0 0h2v1h-2zM1 1h1v1h-1z');
});

it('distinguishes browsers', () => {
  expect(browserName('Mozilla/5.0 (X11; Linux x86_64) Chrome/130.0 Safari/537')).toBe(
    'Chrome on Linux',
  );
  expect(browserName('Mozilla/5.0 (iPhone) Safari')).toBe('Safari on iOS');
  expect(browserName('curl/8')).toBe('curl/8');
});
