import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { FakeHub } from '../../dashboard/testing/fake-hub.ts';
import { FakeSite } from '../../dashboard/testing/fake-site.ts';
import { REPOSITORY } from '../architecture/source.ts';
import type { Cleanup } from '#platform/testing/cleanup.ts';
import { chromiumPath } from './chromium-path.ts';

const FOLDER = join(REPOSITORY, 'dist/dashboard');

/** Whether the dashboard can be opened at all: it is built, and there is a browser. */
export const canOpenDashboard =
  existsSync(join(FOLDER, 'index.html')) && chromiumPath() !== undefined;

export interface FakeDashboard {
  readonly hub: FakeHub;
  readonly site: FakeSite;
  readonly url: string;
}

/** The built dashboard before a hub in memory that the test furnishes and moves. */
export async function startFakeDashboard(
  cleanup: Cleanup,
  site = new FakeSite('Home'),
): Promise<FakeDashboard> {
  const hub = new FakeHub(site);
  hub.dashboardFolder = FOLDER;
  const url = await hub.start();
  cleanup.add(() => hub.close());
  return { hub, site, url };
}
