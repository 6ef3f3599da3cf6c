import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type HubConfig, loadConfig, unreadable } from './config.ts';
import { temporaryFolder } from '../testing/test-hub.ts';

function configOf(argv: readonly string[], env: Record<string, string> = {}): HubConfig {
  const loaded = loadConfig(argv, env);
  if (loaded.kind !== 'config') throw new Error(JSON.stringify(loaded));
  return loaded.config;
}

function folderWith(file: string): string {
  const folder = temporaryFolder(onTestFinished);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'hub.json'), file);
  return folder;
}

describe('the settings of the hub', () => {
  it('come from flags before the environment before the file before the defaults', () => {
    const data = folderWith('{"httpsPort": 1, "httpPort": 2, "signUp": "open", "tlsNames": ["A"]}');
    const env = { SIGNALBOX_HUB_HTTP_PORT: '20', SIGNALBOX_HUB_SIGN_UP: 'closed' };
    expect(configOf(['--data', data, '--sign-up', 'invite'], env)).toMatchObject({
      dataFolder: data,
      httpsPort: 1,
      httpPort: 20,
      signUp: 'invite',
      tlsNames: ['a'],
      logLevel: 'info',
    });
    expect(configOf([], { SIGNALBOX_HUB_DATA: data }).httpsPort).toBe(1);
  });

  it('have defaults that serve TLS to all and plain HTTP to this machine', () => {
    const config = configOf(['--data', temporaryFolder(onTestFinished)]);
    expect(config).toMatchObject({
      httpsHost: '::',
      httpsPort: 8443,
      httpHost: '127.0.0.1',
      httpPort: 8080,
      signUp: 'invite',
    });
  });

  it('accept names and addresses for the certificate, in canonical form', () => {
    const names = 'Hub.Example, *.hub.example,203.0.113.9,2001:DB8:0::1,hüb.example';
    expect(
      configOf(['--data', temporaryFolder(onTestFinished), '--tls-names', names]).tlsNames,
    ).toEqual(['hub.example', '*.hub.example', '203.0.113.9', '2001:db8::1', 'xn--hb-xka.example']);
  });

  it('name a PostgreSQL database by flag, environment or file, and none by default', () => {
    const url = 'postgres://hub@db.example/signalbox';
    const data = temporaryFolder(onTestFinished);
    expect(configOf(['--data', data]).database).toBeUndefined();
    expect(configOf(['--data', data, '--database', url]).database).toBe(url);
    expect(configOf(['--data', data], { SIGNALBOX_HUB_DATABASE: url }).database).toBe(url);
    expect(configOf(['--data', folderWith(`{"database": "${url}"}`)]).database).toBe(url);
  });

  it('name a Redis server by flag, environment or file, only beside a database', () => {
    const url = 'rediss://hub:hidden@redis.example:6380';
    const data = temporaryFolder(onTestFinished);
    const shared = ['--data', data, '--database', 'postgres://db.example/signalbox'];
    expect(configOf(shared).bus).toBeUndefined();
    expect(configOf([...shared, '--bus', url]).bus).toBe(url);
    expect(configOf(shared, { SIGNALBOX_HUB_BUS: url }).bus).toBe(url);
    const file = folderWith(`{"bus": "${url}", "database": "postgres://db.example/signalbox"}`);
    expect(configOf(['--data', file]).bus).toBe(url);
    for (const [argv, sentence] of [
      [['--data', data, '--bus', url], '--bus needs --database: a hub on SQLite is alone'],
      [[...shared, '--bus', 'http://hidden@x'], 'must begin with redis:// or rediss://'],
      [[...shared, '--bus', 'redis://hidden@x:port'], 'must be a URL: redis://host:port'],
    ] as const) {
      const loaded = loadConfig(argv, {});
      if (loaded.kind !== 'problem') throw new Error('accepted');
      expect(loaded.message).toContain(sentence);
      expect(loaded.message).not.toContain('hidden');
    }
  });

  it('treat paths in the file as relative to it', () => {
    const data = folderWith('{"localClaimFile": "claim"}');
    expect(configOf(['--data', data]).localClaimFile).toBe(join(data, 'claim'));
  });

  it.each([
    ['a port that is none', ['--https-port', '70000'], 'httpsPort'],
    ['plain HTTP for everybody', ['--http-host', '0.0.0.0'], 'httpHost'],
    ['plain HTTP at an address that is none', ['--http-host', '127.999.1.1'], 'httpHost'],
    ['an address that is none', ['--tls-names', 'hub.example,999.1.1.1'], '999.1.1.1'],
    ['an address of another spelling', ['--tls-names', '127.1'], '127.1'],
    ['an address in hexadecimal', ['--tls-names', '0x7f.1'], '0x7f.1'],
    ['a name with a space', ['--tls-names', 'my hub'], 'my hub'],
    ['a URL in place of a name', ['--tls-names', 'https://hub.example'], 'https://hub.example'],
    ['an unknown flag', ['--colour', 'red'], 'colour'],
    ['an unknown sign-up mode', ['--sign-up', 'all'], 'signUp'],
    ['a certificate without its key', ['--tls-cert', 'x'], 'tlsKeyFile'],
  ])('are refused with a sentence: %s', (_name, argv, named) => {
    const loaded = loadConfig(['--data', temporaryFolder(onTestFinished), ...argv], {});
    expect(loaded.kind === 'problem' && loaded.message).toContain(named);
  });

  it.each(['{', '{"moon": 1}'])('are refused when the file is wrong: %s', (file) => {
    const loaded = loadConfig(['--data', folderWith(file)], {});
    expect(loaded.kind === 'problem' && loaded.message).toContain('hub.json');
  });

  it('do not count as absent if the file is unreadable', () => {
    const data = temporaryFolder(onTestFinished);
    mkdirSync(join(data, 'hub.json'), { recursive: true });
    const loaded = loadConfig(['--data', data], {});
    expect(loaded.kind === 'problem' && loaded.message).toBe(
      `${join(data, 'hub.json')} is not readable (EISDIR).`,
    );
  });

  it.each(['EACCES', 'EPERM'])('name the remedy where the user may not read them: %s', (code) => {
    expect(unreadable('/data/hub.json', code)).toBe(
      'The user running this hub cannot read /data/hub.json: change its owner, or choose another folder with --data.',
    );
  });

  it('are explained by --help', () => {
    const loaded = loadConfig(['--help'], {});
    expect(loaded.kind === 'help' && loaded.text).toContain('--local-claim-file');
  });
});
