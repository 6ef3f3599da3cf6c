import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { REPOSITORY } from '../architecture/source.ts';
import { play } from './play.ts';
import { reportDocument, reportLines, type ReportRow } from './report.ts';
import { SCENARIOS } from './scenarios.ts';

const REPORT = join(REPOSITORY, 'docs/faults.md');
const HELP = `usage: npm run faults -- [options]
  --long          every scenario in full; a run of all writes docs/faults.md
  --scale S       so much of the long run's load and length, to try it out (default 1)
  --only NAME     this scenario alone; may be given several times
  --seed N        the chances of an earlier run
  --list          names what there is
  --network       bad networks instead, in network namespaces (as root; with --only, --long)
`;

const { values } = parseArgs({
  options: {
    long: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    seed: { type: 'string' },
    scale: { type: 'string', default: '1' },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function machine(): string {
  const [processor] = cpus();
  const gibibytes = Math.round(totalmem() / 2 ** 30);
  return `${availableParallelism()} processors (${processor?.model.trim() ?? 'unknown'}), ${gibibytes} GiB, Node.js ${process.versions.node}`;
}

function commit(): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: REPOSITORY, encoding: 'utf8' }).trim();
  const isChanged = git('status', '--porcelain', '--untracked-files=no') !== '';
  return `${git('rev-parse', '--short', 'HEAD')}${isChanged ? ' with changes' : ''}`;
}

async function writeReport(seed: number, rows: readonly ReportRow[]): Promise<void> {
  const document = reportDocument(
    {
      date: new Date().toISOString().slice(0, 10),
      commit: commit(),
      machine: machine(),
      seed,
      command: `npm run faults -- --long --seed ${seed}`,
    },
    rows,
  );
  const config = await resolveConfig(REPORT);
  writeFileSync(REPORT, await format(document, { ...config, parser: 'markdown' }));
}

async function run(): Promise<number> {
  const unknown = values.only.filter((name) => !SCENARIOS.some((one) => one.name === name));
  if (unknown.length > 0) {
    process.stderr.write(`There is no scenario ${unknown.join(', ')}.\n`);
    return 64;
  }
  const seed = values.seed === undefined ? randomInt(1, 2 ** 31) : Number(values.seed);
  const scale = Number(values.scale);
  if (!(scale > 0 && scale <= 1)) {
    process.stderr.write('The scale is above 0 and at most 1.\n');
    return 64;
  }
  process.stdout.write(`seed ${seed}\n`);
  const rows: ReportRow[] = [];
  for (const scenario of SCENARIOS) {
    if (values.only.length > 0 && !values.only.includes(scenario.name)) continue;
    if (values.only.length === 0 && scenario.isLongOnly === true && !values.long) continue;
    process.stdout.write(`▸ ${scenario.name}: ${scenario.description}\n`);
    const startedAtMs = performance.now();
    const say = (line: string): void => {
      const seconds = ((performance.now() - startedAtMs) / 1_000).toFixed(1);
      process.stdout.write(`    ${seconds.padStart(6)} s  ${line}\n`);
    };
    const played = await play(scenario, { seed, isLong: values.long, scale, say });
    const row = { scenario, played };
    rows.push(row);
    process.stdout.write(`${reportLines(row).join('\n')}\n`);
  }
  if (values.long && values.only.length === 0 && scale === 1) await writeReport(seed, rows);
  const failed = rows.filter(
    ({ played }) => played.kind === 'played' && played.result.violations.length > 0,
  );
  process.stdout.write(`${rows.length - failed.length} of ${rows.length} without a violation\n`);
  return failed.length === 0 ? 0 : 1;
}

if (values.help) {
  process.stdout.write(HELP);
} else if (values.list) {
  const lines = SCENARIOS.map(({ name, description }) => `${name}: ${description}\n`);
  process.stdout.write(lines.join(''));
} else {
  // What a scenario that broke off still had under way must not end the run, nor keep it from ending.
  process.on('unhandledRejection', (error) => {
    process.stderr.write(`left behind: ${String(error)}\n`);
  });
  process.exit(await run());
}
