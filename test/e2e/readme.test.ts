import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { REPOSITORY } from '../architecture/source.ts';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { startDemo } from '../harness/demo-process.ts';
import { documentedBlocks, joinBlocks, splitOutput } from '../harness/documented-commands.ts';

const README = join(REPOSITORY, 'README.md');
const isBuilt = existsSync(join(REPOSITORY, 'dist/cli/process.js'));
const hasCurl = spawnSync('curl', ['--version']).status === 0;

function runScript(
  script: string,
  env: Record<string, string>,
): Promise<{ stdout: string; stderr: string }> {
  const options = { cwd: temporaryFolder(atTestEnd), env: { ...process.env, ...env } };
  return new Promise((resolve) => {
    execFile('bash', ['-c', script], { ...options, timeout: 45_000 }, (_error, stdout, stderr) => {
      resolve({ stdout, stderr });
    });
  });
}

describe.skipIf(!existsSync(README) || !isBuilt || !hasCurl)(
  'README.md (needs curl and npm run build)',
  () => {
    it('shows commands that work as it says, against a running demo', async () => {
      const blocks = documentedBlocks(readFileSync(README, 'utf8'));
      expect(blocks.length).toBeGreaterThan(0);
      const demo = await startDemo(atTestEnd);
      const script = joinBlocks(blocks)
        .replaceAll(/(127\.0\.0\.1|localhost):8080/g, new URL(demo.httpUrl).host)
        .replaceAll(/(127\.0\.0\.1|localhost):8443/g, `127.0.0.1:${demo.httpsPort}`);
      const { stdout, stderr } = await runScript(script, {
        PATH: `${join(REPOSITORY, 'bin')}:${process.env.PATH ?? ''}`,
        SETUP_CODE: demo.setupCode,
        SIGNALBOX_DATA: demo.data,
      });
      const outputs = splitOutput(stdout);
      for (const [index, { line, expected }] of blocks.entries()) {
        const output = outputs[index];
        expect(output, `README.md line ${line} failed: ${stderr}`).toBeDefined();
        for (const text of expected) expect(output, `README.md line ${line}`).toContain(text);
      }
    });
  },
);
