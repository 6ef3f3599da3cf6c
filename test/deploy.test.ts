import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { loadConfig } from '../hub/config/config.ts';
import { COMMANDS } from '../cli/commands.ts';
import { REPOSITORY } from './architecture/source.ts';

const read = (path: string) => readFileSync(join(REPOSITORY, path), 'utf8');
const steps = read('deploy/README.md');

describe('deploy/README.md', () => {
  it.each([
    ['hub', 'SIGNALBOX_HUB_DATA'],
    ['base', 'SIGNALBOX_BASE_DATA'],
  ])('names the folder and the user of the unit of the %s', (program, variable) => {
    const unit = read(`deploy/systemd/signalbox-${program}.service`);
    const [, folder = 'none'] = new RegExp(`^Environment=${variable}=(.*)$`, 'm').exec(unit) ?? [];
    const [, user = 'none'] = /^User=(.*)$/m.exec(unit) ?? [];
    expect(steps).toContain(`| \`${folder}\` `.trimEnd());
    expect(steps).toContain(`install -d -o ${user} -g ${user} -m 700 /var/lib/signalbox ${folder}`);
    expect(unit).toMatch(/^ExecStart=\/usr\/bin\/node .*\/opt\/signalbox\/bin\/signalbox\.js /m);
  });

  it('installs a command that runs as the base does, and on its folder', () => {
    const unit = read('deploy/systemd/signalbox-base.service');
    const command = read('deploy/signalbox');
    const said = (pattern: RegExp) => pattern.exec(unit)?.[1] ?? 'none';
    expect(steps).toContain('install -m 755 deploy/signalbox /usr/local/bin/signalbox');
    expect(command).toContain(`export ${said(/^Environment=(SIGNALBOX_BASE_DATA=.*)$/m)}\n`);
    const program = said(/^ExecStart=(.*) base run$/m);
    expect(command).toContain(`exec runuser -u ${said(/^User=(.*)$/m)} -- ${program} "$@"\n`);
  });

  it('names the same folder as the first page', () => {
    expect(read('README.md')).toContain('signalbox hub --data /var/lib/signalbox/hub');
  });

  it('uses existing commands, and settings that the hub accepts', () => {
    const called = [...steps.matchAll(/^ *signalbox (base \w+)/gm)].map(([, words]) => words);
    expect(called).toEqual(['base pair', 'base status']);
    const known = COMMANDS.map(({ words }) => words.join(' '));
    for (const words of called) expect(known).toContain(words);
    const [, settings = ''] = /echo '(\{.*\})'/.exec(steps) ?? [];
    const { tlsNames } = z.object({ tlsNames: z.array(z.string()) }).parse(JSON.parse(settings));
    expect(loadConfig(['--tls-names', tlsNames.join()], {})).toMatchObject({
      kind: 'config',
      config: { tlsNames },
    });
  });
});
