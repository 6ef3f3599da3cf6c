import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { explainRefusal } from './explain-refusal.ts';
import { SavedLogins } from './saved-logins.ts';

const HUB = 'https://hub.example:8443';
const LOGIN = { origin: HUB, secret: 'sbx_x', person: 'Ada' };

function arrange() {
  const config = temporaryFolder(atTestEnd);
  const folder = join(config, 'signalbox');
  return { folder, saved: new SavedLogins({ XDG_CONFIG_HOME: config }) };
}

const failed = async (work: Promise<unknown>): Promise<string> =>
  work.then(() => 'nothing wrong', explainRefusal);

describe('saved logins', () => {
  it('are one file for each hub, for their user alone', async () => {
    const { folder, saved } = arrange();
    expect([await saved.find(HUB), saved.origins()]).toEqual([undefined, []]);
    const path = await saved.save(LOGIN);
    await saved.save({ ...LOGIN, origin: 'http://localhost:8080' });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(saved.origins()).toEqual(['http://localhost:8080', HUB]);
    expect(await saved.find(HUB)).toEqual(LOGIN);
    await saved.forget(HUB);
    await saved.forget(HUB);
    expect(readdirSync(folder)).toHaveLength(1);
  });

  it('are kept in no folder that others may enter, and read from none', async () => {
    const { folder, saved } = arrange();
    mkdirSync(folder, { mode: 0o700 });
    chmodSync(folder, 0o755);
    for (const work of [saved.save(LOGIN), saved.find(HUB)]) {
      expect(await failed(work)).toContain('open to nobody else');
    }
    expect(readdirSync(folder)).toEqual([]);
  });

  it('say so when a file cannot be read', async () => {
    const { saved } = arrange();
    writeFileSync(await saved.save(LOGIN), '{"origin":');
    expect(await failed(saved.find(HUB))).toContain('is not readable');
  });
});
