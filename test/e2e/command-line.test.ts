import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { Command } from '#protocol/command/command.ts';
import { HubCa } from '#protocol/http/device-logins.ts';
import { TokenView } from '#protocol/http/accounts.ts';
import { CommandId, newId } from '#protocol/ids.ts';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { until } from '#platform/testing/until.ts';
import { CliProcess } from '../harness/cli-process.ts';
import { describeOnFirmware } from '../harness/describe-system.ts';
import type { System } from '../harness/system.ts';

const Tokens = z.object({ tokens: z.array(TokenView) });

/** Signs a command line in as a person does: the code is read from its terminal, and approved. */
async function signIn(system: System, scope: string): Promise<string> {
  const config = temporaryFolder(atTestEnd);
  const { fingerprint } = await system.api.get(HubCa, '/api/ca');
  const args = ['login', system.hub.url, '--fingerprint', fingerprint];
  const login = new CliProcess(args, { config, cleanup: atTestEnd });
  const userCode = await until(
    'the code is shown',
    () => /^ {4}([A-Z]{4}-[A-Z]{4})$/m.exec(login.err)?.[1],
  );
  expect(login.err).toContain(`${system.hub.url}/connect`);
  await system.api.send('POST', '/api/account/device-logins/approve', {
    body: { userCode, scope, siteIds: [system.site.id], expiresInDays: 1 },
  });
  const { code, err, out } = await login.ended;
  expect([code, err]).toEqual([0, expect.stringContaining('Signed in as')]);
  expect(err + out).not.toContain('sbx_');
  return config;
}

describeOnFirmware('the command line at a hub', (system) => {
  const run = (config: string, ...args: readonly string[]) =>
    new CliProcess(args, { config, cleanup: atTestEnd });

  it('signs in, keeps its token for its user alone, and signs out', async () => {
    const config = await signIn(system(), 'read');
    const folder = join(config, 'signalbox');
    const [file = ''] = readdirSync(folder);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(folder, file), 'utf8')).toContain('"secret": "sbx_');
    const who = await run(config, 'whoami').ended;
    expect([who.code, who.out]).toEqual([0, expect.stringContaining('scope read, 1 of the sites')]);
    const refused = await run(config, 'send', 'lamp', 'brightness', '20').ended;
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('right to do this')]);
    const { code, err } = await run(config, 'logout').ended;
    expect([code, err]).toEqual([0, expect.stringContaining('Signed out')]);
    expect(readdirSync(folder)).toEqual([]);
    expect((await run(config, 'units').ended).code).toBe(77);
  });

  it('says that its login was revoked on the dashboard', async () => {
    const config = await signIn(system(), 'read');
    const { tokens } = await system().api.get(Tokens, '/api/account/tokens');
    const [token] = tokens;
    expect(token?.name).toMatch(/^signalbox on /);
    await system().api.send('DELETE', `/api/account/tokens/${token?.id ?? ''}`);
    const { code, err } = await run(config, 'units').ended;
    expect([code, err]).toEqual([77, expect.stringContaining('signalbox login')]);
  });

  it('trusts no other hub than the one with the fingerprint', async () => {
    const config = temporaryFolder(atTestEnd);
    const fingerprint = 'A'.repeat(17);
    const args = ['login', system().hub.url, '--fingerprint', fingerprint];
    const wrong = await run(config, ...args).ended;
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('not the hub')]);
    // A CA that was named is all that counts, be it the hub's or another's.
    const [own, foreign] = [join(config, 'own.pem'), join(config, 'foreign.pem')];
    writeFileSync(own, system().hub.ca);
    writeFileSync(foreign, rootCertificates[0] ?? '');
    const named = run(config, 'login', system().hub.url, '--ca', own);
    await until('the code is shown', () => named.err.includes('/connect'));
    expect((await named.interrupt()).code).toBe(1);
    const other = await run(config, 'login', system().hub.url, '--ca', foreign).ended;
    expect([other.code, other.err]).toEqual([1, expect.stringContaining('not the hub')]);
    // Nobody is there to be asked.
    const unasked = await run(config, 'login', system().hub.url).ended;
    expect([unasked.code, unasked.err]).toEqual([1, expect.stringContaining('--fingerprint')]);
  });

  it('lists units, sends commands to them and says how they ended', async () => {
    const config = await signIn(system(), 'control');
    const lamp = system().unit('lamp');
    const { name } = await lamp.view();
    const list = await run(config, 'units').ended;
    expect([list.code, list.out]).toEqual([
      0,
      expect.stringMatching(/^NAME +BASE +PRESENCE +VALUES$/m),
    ]);
    expect(list.out).toContain(name);
    const json = await run(config, 'units', '--json').ended;
    const listed = json.out
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(listed).toContainEqual(expect.objectContaining({ id: lamp.id }));

    const id = newId(CommandId);
    const sent = await run(config, 'send', name, 'color', 'orange', '--id', id, '--json').ended;
    expect([sent.code, sent.err]).toEqual([0, `command ${id}\n`]);
    const command = Command.parse(JSON.parse(sent.out));
    expect(command).toMatchObject({ id, state: 'succeeded', output: '#ffa500' });
    // Tried again with the same id it is the same command.
    const again = await run(config, 'send', name, 'color', 'orange', '--id', id, '--json').ended;
    expect(Command.parse(JSON.parse(again.out))).toMatchObject({ id, endedAt: command.endedAt });
    const wrong = await run(config, 'send', name, 'brightness', '400').ended;
    expect([wrong.code, wrong.out]).toEqual([1, '']);
    expect(wrong.err).toContain('must be at most');
    const unknown = await run(config, 'send', 'no such unit', 'color', 'red').ended;
    expect([unknown.code, unknown.err]).toEqual([1, expect.stringContaining(name)]);
  });

  it('watches what changes, until Ctrl-C, or until nobody reads it any more', async () => {
    const config = await signIn(system(), 'control');
    const lamp = system().unit('lamp');
    const { name } = await lamp.view();
    const lines = run(config, 'watch', name);
    const json = run(config, 'watch', '--json');
    await until('both are live', () => lines.err.includes('live') && json.err.includes('live'));
    await lamp.command({ verb: 'set', affordance: 'color', input: '#102030' }, { wait: 10 });
    await until('it is printed', () => lines.out.includes(`${name} color = #102030`));
    await until('it is printed for programs', () =>
      json.out
        .split('\n')
        .some((line) => line.includes('"key":"color"') && line.includes('"#102030"')),
    );
    expect((await lines.interrupt()).code).toBe(0);
    json.closeOutput();
    await lamp.command({ verb: 'set', affordance: 'color', input: '#000000' }, { wait: 10 });
    await lamp.command({ verb: 'set', affordance: 'color', input: '#112233' }, { wait: 10 });
    expect((await json.ended).code).toBe(0);
  });

  it('watches on after the hub was away, and tells what changed meanwhile', async () => {
    const config = await signIn(system(), 'read');
    const lamp = system().unit('lamp');
    const { name } = await lamp.view();
    const lines = run(config, 'watch', name);
    await until('it is live', () => lines.err.includes('live'));
    await system().restartHub();
    await until('it is live again', () => lines.err.split(': live').length > 2);
    expect(lines.err).toContain('trying again');
    await until(
      'the base is back',
      async () => (await system().base()).presence.state === 'online',
    );
    await lamp.command({ verb: 'set', affordance: 'color', input: '#445566' }, { wait: 10 });
    await until('it is printed', () => lines.out.includes(`${name} color = #445566`));
    expect((await lines.interrupt()).code).toBe(0);
  });
});
