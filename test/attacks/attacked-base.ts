import { createPublicKey } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newPrivateKeyPem, readPrivateKey } from '../../base-unit/pairing/base-key.ts';
import { dataFolderAt } from '../../base-unit/config/data-folder.ts';
import type { BaseStatus } from '../../base-unit/status/base-status.ts';
import { readStatus } from '../../base-unit/status/status-client.ts';
import { FakeHub } from '../../base-unit/testing/fake-hub.ts';
import { Program } from '../faults/programs/program.ts';
import { type Cleanup, temporaryFolder } from '#platform/testing/cleanup.ts';
import { until } from '#platform/testing/until.ts';

export interface AttackedBase {
  readonly hub: FakeHub;
  readonly base: {
    readonly data: string;
    readonly isRunning: boolean;
    /** As `signalbox base status` does; fails when the base does not answer in time. */
    readonly status: () => Promise<BaseStatus>;
    readonly logBytes: () => number;
    readonly stop: () => Promise<void>;
    readonly start: () => Promise<void>;
  };
}

/** A built base in its own process, with a hub controlled by the test. */
export async function startAttackedBase(
  cleanup: Cleanup,
  config: object = { localUnits: true },
): Promise<AttackedBase> {
  const hub = new FakeHub();
  await hub.start();
  cleanup.add(() => hub.close());
  const data = join(temporaryFolder(cleanup), 'base');
  const folder = dataFolderAt(data);
  const privateKeyPem = newPrivateKeyPem();
  hub.publicKey = createPublicKey(readPrivateKey(privateKeyPem));
  mkdirSync(data, { mode: 0o700 });
  writeFileSync(folder.privateKey, privateKeyPem, { mode: 0o600 });
  const { url: hubUrl, baseId, siteId } = hub;
  const file = { hubUrl, baseId, siteId, name: 'Attacked', plainUnits: true, ...config };
  writeFileSync(folder.config, JSON.stringify(file));
  const program = new Program({
    name: 'the base',
    args: ['base', 'run', '--data', data, '--discovery', 'off'],
    logPath: join(data, 'base.log'),
    sign: '"msg":"base ready"',
    cleanup,
  });
  await program.start();
  await until('the base has resumed', () => hub.resumes.length > 0, 15_000);
  return {
    hub,
    base: {
      data,
      get isRunning() {
        return program.isRunning;
      },
      status: async () => readStatus(folder.statusSocket),
      logBytes: () => program.log.bytes,
      stop: async () => program.stop(),
      start: async () => program.start(),
    },
  };
}
