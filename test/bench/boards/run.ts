import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { SiteSnapshot } from '#protocol/http/sites.ts';
import { ApiClient } from '../../harness/api-client.ts';
import { CleanupStack, temporaryFolder } from '#platform/testing/cleanup.ts';
import { percentilesOf } from '../latencies.ts';
import { startHub } from './hub.ts';
import { loadsOf } from './loads.ts';
import { PROPERTIES, prepare } from './prepare.ts';

/** Between two looks of one person at a board. */
const PAUSE_MS = 100;
const HEAD = '| beside it | whose board | boards | p50 | p99 | longest | points | long reads |';

const { values } = parseArgs({
  options: {
    /** Kept and used again; without it all is made anew. */
    data: { type: 'string' },
    readings: { type: 'string', default: '20000000' },
    seconds: { type: 'string', default: '20' },
    /** Processes that do nothing but use up the processors. */
    busy: { type: 'string', default: '0' },
    /** Only the loads with this in their names. */
    only: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  },
});

interface Row {
  readonly load: string;
  readonly viewer: string;
  readonly boards: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Points of all lines of the last board. */
  readonly points: number;
  readonly longReads: number;
}

const cleanup = new CleanupStack();
try {
  const folder = values.data ?? temporaryFolder(cleanup);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const prepared = await prepare(folder, Number(values.readings));
  for (let index = 0; index < Number(values.busy); index += 1) {
    const burner = spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' });
    cleanup.add(() => burner.kill('SIGKILL'));
  }
  const { url } = await startHub(folder, cleanup);
  const nobody = new ApiClient({ url, cleanup });
  const clientOf = (token: string): ApiClient => nobody.withToken(token);
  const { siteId, otherSiteId, tokens } = prepared;
  const viewers = [
    { name: 'owner', api: clientOf(tokens.owner), siteId },
    { name: 'another member', api: clientOf(tokens.member), siteId },
    { name: 'somebody else', api: clientOf(tokens.otherUser), siteId: otherSiteId },
  ];
  // Once, so that nothing is compiled meanwhile.
  for (const { api, siteId: site } of viewers) await api.get(SiteSnapshot, board(site));
  const rows: Row[] = [];
  for (const [load, run] of loadsOf({ prepared, clientOf })) {
    if (!load.includes(values.only)) continue;
    const endMs = performance.now() + Number(values.seconds) * 1_000;
    const isOver = (): boolean => performance.now() >= endMs;
    const longReads = run(isOver);
    const looks = viewers.map(async ({ name, api, siteId: site }) => {
      const durationMs: number[] = [];
      let points = 0;
      while (!isOver()) {
        const begunMs = performance.now();
        const { status, text } = await api.send('GET', board(site));
        durationMs.push(performance.now() - begunMs);
        if (status !== 200) throw new Error(`${status}: ${text}`);
        const { sparklines } = SiteSnapshot.parse(JSON.parse(text));
        points = Object.values(sparklines)
          .flatMap((lines) => Object.values(lines))
          .flat().length;
        await pause(PAUSE_MS);
      }
      return { viewer: name, durationMs, points };
    });
    const seen = await Promise.all(looks);
    const answered = await longReads;
    for (const { viewer, durationMs, points } of seen) {
      const { count, p50Ms, p99Ms } = percentilesOf(durationMs);
      const maxMs = Math.max(...durationMs);
      rows.push({ load, viewer, boards: count, p50Ms, p99Ms, maxMs, points, longReads: answered });
    }
  }
  const machine = `Node.js ${process.versions.node}, ${availableParallelism()} processors, ${values.busy} of them busy with something else; ${values.readings} readings of ${PROPERTIES[0]}`;
  const text = [HEAD, ...rows.map(lineOf), machine, ''].join('\n');
  process.stdout.write(values.json ? `${JSON.stringify({ machine, rows }, null, 2)}\n` : text);
} finally {
  await cleanup.run();
}

function board(siteId: string): string {
  return `/api/sites/${siteId}/snapshot`;
}

function lineOf(row: Row): string {
  const times = [row.p50Ms, row.p99Ms, row.maxMs].map((ms) => `${Math.round(ms)} ms`);
  const cells = [row.load, row.viewer, row.boards, ...times, row.points, row.longReads];
  return `| ${cells.join(' | ')} |`;
}
