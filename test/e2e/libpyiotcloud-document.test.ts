import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { SiteView } from '#protocol/http/accounts.ts';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { REPOSITORY } from '../architecture/source.ts';
import { startHubTarget } from '../attacks/hub-target.ts';
import {
  countUnmarked,
  documentedBlocks,
  joinBlocks,
  splitOutput,
} from '../harness/documented-commands.ts';

const DOCUMENT = 'docs/from-libpyiotcloud.md';
const hasCurl = spawnSync('which', ['curl']).status === 0;

describe.skipIf(!hasCurl)('docs/from-libpyiotcloud.md (needs curl)', () => {
  it('shows commands that work as it says, all of them', async () => {
    const text = readFileSync(join(REPOSITORY, DOCUMENT), 'utf8');
    expect(countUnmarked(text)).toBe(0);
    const blocks = documentedBlocks(text);
    const { hub, owner } = await startHubTarget(atTestEnd);
    const { sites } = await owner.get(z.object({ sites: z.array(SiteView) }), '/api/sites');
    const env = {
      ...process.env,
      ...{ HUB: hub.httpUrl, COOKIE: owner.cookie, SITE: sites[0]?.id },
    };
    const cwd = temporaryFolder(atTestEnd);
    const { stdout, stderr } = await new Promise<{ stdout: string; stderr: string }>((resolve) => {
      const script = joinBlocks(blocks);
      execFile('bash', ['-c', script], { cwd, env, timeout: 30_000 }, (_error, out, err) => {
        resolve({ stdout: out, stderr: err });
      });
    });
    const outputs = splitOutput(stdout);
    for (const [index, { line, expected }] of blocks.entries()) {
      expect(outputs[index], `${DOCUMENT} line ${line} failed: ${stderr}`).toBeDefined();
      for (const part of expected) expect(outputs[index], `line ${line}`).toContain(part);
    }
  });
});
