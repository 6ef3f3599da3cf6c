import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseDemoOptions } from './demo-options.ts';

describe('parseDemoOptions', () => {
  it('has defaults for everything', () => {
    expect(parseDemoOptions([], {})).toEqual({
      kind: 'options',
      options: {
        data: resolve('.signalbox'),
        httpsPort: 8443,
        httpPort: 8080,
        unitPort: 8888,
        virtual: false,
        watch: false,
      },
    });
  });

  it('reads the environment, and flags override it', () => {
    const env = { SIGNALBOX_DATA: '/srv/a', SIGNALBOX_HTTP_PORT: '81', SIGNALBOX_HTTPS_PORT: '82' };
    expect(parseDemoOptions(['--http-port', '91', '--virtual'], env)).toMatchObject({
      options: { data: '/srv/a', httpPort: 91, httpsPort: 82, virtual: true },
    });
  });

  it.each([
    [['--http-port', '0'], 'httpPort'],
    [['--http-port', 'x'], 'httpPort'],
    [['--unit-port', '65535'], 'unitPort'],
    [['--fly'], '--fly'],
    [['surplus'], 'surplus'],
  ])('says what is wrong with %j', (argv, word) => {
    const parsed = parseDemoOptions(argv, {});
    expect(parsed.kind).toBe('wrong');
    expect(JSON.stringify(parsed)).toContain(word);
  });
});
