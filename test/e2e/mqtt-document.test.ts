import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { SiteView } from '#protocol/http/accounts.ts';
import { HubCa } from '#protocol/http/device-logins.ts';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { until } from '#platform/testing/until.ts';
import { REPOSITORY } from '../architecture/source.ts';
import { type HubTarget, startHubTarget } from '../attacks/hub-target.ts';
import { CliProcess } from '../harness/cli-process.ts';
import {
  countUnmarked,
  documentedBlocks,
  joinBlocks,
  splitOutput,
} from '../harness/documented-commands.ts';
import { freePorts } from '../harness/free-ports.ts';

const DOCUMENT = join(REPOSITORY, 'docs/mqtt.md');
const isBuilt = existsSync(join(REPOSITORY, 'dist/cli/process.js'));
const hasPrograms = ['mosquitto_pub', 'openssl'].every(
  (program) => spawnSync('which', [program]).status === 0,
);

/** A command line that is signed in; returns the folder of its settings. */
async function signIn({ hub, owner }: HubTarget): Promise<string> {
  const config = temporaryFolder(atTestEnd);
  const { fingerprint } = await owner.get(HubCa, '/api/ca');
  const args = ['login', hub.url, '--fingerprint', fingerprint];
  const login = new CliProcess(args, { config, cleanup: atTestEnd });
  const userCode = await until(
    'the code is shown',
    () => /^ {4}([A-Z]{4}-[A-Z]{4})$/m.exec(login.err)?.[1],
    30_000,
  );
  const { sites } = await owner.get(z.object({ sites: z.array(SiteView) }), '/api/sites');
  await owner.send('POST', '/api/account/device-logins/approve', {
    body: {
      ...{ userCode, scope: 'manage', expiresInDays: 1 },
      siteIds: sites.map(({ id }) => id),
    },
  });
  expect((await login.ended).code).toBe(0);
  return config;
}

describe.skipIf(!existsSync(DOCUMENT) || !isBuilt || !hasPrograms)(
  'docs/mqtt.md (needs mosquitto-clients, openssl and npm run build)',
  () => {
    it('shows commands that work as it says, all of them', async () => {
      const text = readFileSync(DOCUMENT, 'utf8');
      expect(countUnmarked(text)).toBe(0);
      const blocks = documentedBlocks(text);
      const [port = 0] = await freePorts(1);
      const target = await startHubTarget(atTestEnd, { args: ['--mqtts-port', String(port)] });
      const config = await signIn(target);
      const cwd = temporaryFolder(atTestEnd);
      const bin = join(temporaryFolder(atTestEnd), 'bin');
      mkdirSync(bin);
      symlinkSync(join(REPOSITORY, 'bin/signalbox.js'), join(bin, 'signalbox'));
      const script = joinBlocks(blocks)
        .replaceAll('hub.example', 'localhost')
        .replaceAll('8883', String(port));
      const env = {
        ...process.env,
        ...{ PATH: `${bin}:${process.env.PATH ?? ''}`, XDG_CONFIG_HOME: config },
      };
      const { stdout, stderr } = await new Promise<{ stdout: string; stderr: string }>(
        (resolve) => {
          const options = { cwd, env, timeout: 50_000 };
          execFile('bash', ['-c', script], options, (_error, out, err) => {
            resolve({ stdout: out, stderr: err });
          });
        },
      );
      const outputs = splitOutput(stdout);
      for (const [index, { line, expected }] of blocks.entries()) {
        const output = outputs[index];
        expect(output, `docs/mqtt.md line ${line} failed: ${stderr}`).toBeDefined();
        for (const part of expected) expect(output, `docs/mqtt.md line ${line}`).toContain(part);
      }
    });
  },
);
