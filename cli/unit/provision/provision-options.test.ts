import { expect, it } from 'vitest';
import { parseProvisionOptions } from './provision-options.ts';

const parse = (...argv: string[]) => parseProvisionOptions(argv, { SIGNALBOX_BASE_DATA: '/base' });

it('has defaults, and reads the data folder from the environment', () => {
  expect(parse()).toEqual({
    kind: 'options',
    options: { port: '/dev/ttyUSB0', open: false, qr: false, timeout: 60, data: '/base' },
  });
});

it('uses the given values', () => {
  const parsed = parse(
    ...['--port', '/dev/ttyACM0', '--ssid', 'home', '--password-file', '-', '--name', 'Desk lamp'],
    ...['--host', 'desk-lamp', '--qr', '--label-file', 'lamp.svg', '--timeout', '5', '--data', 'd'],
  );
  expect(parsed).toMatchObject({
    options: {
      port: '/dev/ttyACM0',
      ssid: 'home',
      passwordFile: '-',
      name: 'Desk lamp',
      host: 'desk-lamp',
      qr: true,
      labelFile: 'lamp.svg',
      timeout: 5,
      data: 'd',
    },
  });
  expect(parse('--help')).toEqual({ kind: 'help' });
});

it.each([
  [['--password', 'secret'], '--password'],
  [['--ssid', ''], '--ssid'],
  [['--ssid', 'x'.repeat(33)], '--ssid'],
  [['--ssid', 'ä'.repeat(17)], '--ssid'],
  [['--host', '-lamp'], '--host'],
  [['--host', 'lamp.local'], '--host'],
  [['--timeout', '0'], '--timeout'],
  [['--open', '--password-file', 'p'], '--open'],
  [['lamp'], 'lamp'],
])('refuses %j', (argv, part) => {
  const parsed = parse(...argv);
  expect(parsed.kind === 'wrong' && parsed.reason).toContain(part);
});
