import { percentilesOf } from '../bench/latencies.ts';
import type { Played } from './play.ts';
import type { Scenario } from './scenario.ts';

export interface ReportRow {
  readonly scenario: Scenario;
  readonly played: Played;
}

export interface ReportHead {
  readonly date: string;
  /** What was run: a commit, and whether more was changed. */
  readonly commit: string;
  readonly machine: string;
  readonly seed: number;
  readonly command: string;
}

const COMMAND_COLUMNS = [
  ['accepted', 'accepted'],
  ['done', 'done'],
  ['twice', 'doneTwice'],
  ['out of order', 'outOfOrder'],
  ['expired', 'expired'],
  ['not done', 'notDone'],
  ['unknown', 'unknown'],
  ['lost', 'lost'],
  ['lies', 'lies'],
] as const;
const READING_COLUMNS = [
  ['sent', 'sent'],
  ['stored', 'stored'],
  ['duplicate', 'duplicate'],
  ['in declared gaps', 'inDeclaredGaps'],
  ['lost', 'lost'],
] as const;

/** A line for people per scenario, then its notes and what must not be. */
export function reportLines({ scenario, played }: ReportRow): string[] {
  if (played.kind === 'skipped') return [`skipped ${scenario.name}: ${played.reason}`];
  const { result, durationMs } = played;
  const verdict = result.violations.length === 0 ? 'ok' : 'FAILED';
  return [
    `${verdict} ${scenario.name} (${(durationMs / 1_000).toFixed(1)} s)`,
    ...countLines(result).map((line) => `  ${line}`),
    ...result.notes.map((note) => `  ${note}`),
    ...result.violations.slice(0, 20).map((violation) => `  ! ${violation}`),
    ...(result.violations.length > 20 ? [`  ! and ${result.violations.length - 20} more`] : []),
  ];
}

type Result = Extract<Played, { kind: 'played' }>['result'];

function countLines({ commands, readings, resumeMs = [] }: Result): string[] {
  const lines: string[] = [];
  if (commands) {
    lines.push(
      `commands: ${COMMAND_COLUMNS.map(([title, key]) => `${commands[key]} ${title}`).join(', ')}`,
    );
  }
  if (readings) {
    lines.push(
      `readings: ${READING_COLUMNS.map(([title, key]) => `${readings[key]} ${title}`).join(', ')}`,
    );
  }
  if (resumeMs.length > 0) lines.push(`resumed ${resumeText(resumeMs)}`);
  return lines;
}

function resumeText(resumeMs: readonly number[]): string {
  const { count, p50Ms, p99Ms } = percentilesOf(resumeMs);
  return `${count} times, p50 ${Math.round(p50Ms)} ms, p99 ${Math.round(p99Ms)} ms`;
}

/** The checked-in report (docs/faults.md). */
export function reportDocument(head: ReportHead, rows: readonly ReportRow[]): string {
  return [
    '# Fault tests',
    '',
    'Real processes (hub, base, C++ units) are disconnected, killed, delayed and starved of disk while commands and readings are in flight. After the load and the faults everything recovers and settles; then the hub’s and the base’s databases are compared with what the units did. A command is **lost** if it was accepted and has no truthful end, done **twice** if the unit executed it twice, a **lie** if the hub contradicts the unit. **Unknown** is an honest answer: the bytes had left, and the outcome is unknown.',
    '',
    `- Date: ${head.date}, commit ${head.commit}`,
    `- Machine: ${head.machine}`,
    `- Seed: ${head.seed}`,
    `- Again: \`${head.command}\``,
    '',
    'Each scenario is described in the first lines of its file in `test/faults/scenarios/`.',
    '',
    '## Commands',
    '',
    ...table(
      ['scenario', ...COMMAND_COLUMNS.map(([title]) => title), 'verdict'],
      rows.map(({ scenario, played }) => [
        scenario.name,
        ...COMMAND_COLUMNS.map(([, key]) =>
          played.kind === 'played' ? text(played.result.commands?.[key]) : '',
        ),
        verdictOf(played),
      ]),
    ),
    '',
    '## Readings, and the time to resume',
    '',
    ...table(
      ['scenario', ...READING_COLUMNS.map(([title]) => title), 'resumed'],
      rows.map(({ scenario, played }) => [
        scenario.name,
        ...READING_COLUMNS.map(([, key]) =>
          played.kind === 'played' ? text(played.result.readings?.[key]) : '',
        ),
        played.kind === 'played' && (played.result.resumeMs?.length ?? 0) > 0
          ? resumeText(played.result.resumeMs ?? [])
          : '',
      ]),
    ),
    '',
    '## Notes',
    '',
    ...rows.flatMap(({ scenario, played }) => [
      `- **${scenario.name}**: ${scenario.description}.`,
      ...(played.kind === 'skipped' ? [`  - skipped: ${played.reason}`] : noteLines(played.result)),
    ]),
    '',
  ].join('\n');
}

function noteLines({ notes, violations }: Result): string[] {
  return [
    ...notes,
    ...violations.slice(0, 5).map((one) => `violation: ${one.split('\n')[0] ?? ''}`),
  ].map((line) => `  - ${line}`);
}

function verdictOf(played: Played): string {
  if (played.kind === 'skipped') return 'skipped';
  return played.result.violations.length === 0
    ? 'ok'
    : `${played.result.violations.length} violations`;
}

function text(count: number | undefined): string {
  return count === undefined ? '' : count.toLocaleString('en');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}
