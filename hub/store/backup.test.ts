import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, inject, it, onTestFinished } from 'vitest';
import { REPOSITORY } from '../../test/architecture/source.ts';
import {
  documentedBlocks,
  joinBlocks,
  splitOutput,
} from '../../test/harness/documented-commands.ts';
import {
  PASSWORD,
  signUpOwner,
  snapshotOf,
  startTestHub,
  temporaryFolder,
} from '../testing/test-hub.ts';

function run(script: string, env: Record<string, string>): Promise<string> {
  const options = { cwd: REPOSITORY, env: { ...process.env, ...env }, timeout: 15_000 };
  return new Promise((resolve, reject) => {
    execFile('bash', ['-c', script], options, (error, stdout, stderr) => {
      if (error) reject(new Error(stderr));
      else resolve(stdout);
    });
  });
}

/** As much of a base as its copy is about. */
function baseFolder(): string {
  const folder = join(temporaryFolder(onTestFinished), 'base');
  mkdirSync(folder);
  for (const name of ['base.json', 'base-key.pem', 'hub-ca.pem']) {
    writeFileSync(join(folder, name), name);
  }
  const database = new Database(join(folder, 'base.db'));
  onTestFinished(() => void database.close());
  database.pragma('journal_mode = WAL');
  database.exec('CREATE TABLE kept (value); INSERT INTO kept VALUES (7)');
  return folder;
}

it.skipIf(inject('engine') === 'postgres')(
  'docs/backup.md copies a running hub, and the copy works',
  async () => {
    const hub = await startTestHub();
    const owner = await signUpOwner(hub);
    const blocks = documentedBlocks(readFileSync(join(REPOSITORY, 'docs/backup.md'), 'utf8'));
    const copies = temporaryFolder(onTestFinished);
    const copy = join(copies, 'hub');
    const stdout = await run(joinBlocks(blocks), {
      HUB: hub.dataFolder,
      COPY: copy,
      BASE: baseFolder(),
      BASE_COPY: join(copies, 'base'),
    });
    const outputs = splitOutput(stdout);
    for (const [index, { line, expected }] of blocks.entries()) {
      for (const text of expected) expect(outputs[index], `line ${line}`).toContain(text);
    }
    const kept = new Database(join(copies, 'base/base.db')).prepare('SELECT value FROM kept');
    expect(kept.pluck().get()).toBe(7);
    // The hub goes on, and the copy starts beside it.
    const { site } = await snapshotOf(owner);
    const restored = await startTestHub({ config: { dataFolder: copy } });
    const client = restored.client();
    const signIn = { path: '/api/sign-in', body: { email: 'ada@example.org', password: PASSWORD } };
    expect(await client.done(signIn)).toBe(200);
    expect(await client.done({ path: `/api/sites/${site.id}` })).toBe(200);
    expect(readFileSync(join(copy, 'tls/ca.pem'))).toEqual(
      readFileSync(join(hub.dataFolder, 'tls/ca.pem')),
    );
  },
);
