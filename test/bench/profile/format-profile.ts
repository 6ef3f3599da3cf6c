import { REPOSITORY } from '../../architecture/source.ts';
import type { SelfTime } from './cpu-profile.ts';
import type { Frame } from './source-files.ts';
import type { Recorded } from './record.ts';

/** Files of a stage, by where they lie; the first that fits. */
const GROUPS: readonly (readonly [name: string, file: RegExp])[] = [
  ['zod', /node_modules\/zod\//],
  ['log (pino)', /node_modules\/(@pinojs|pino|sonic-boom|thread-stream)/],
  ['SQLite and Kysely', /node_modules\/(better-sqlite3|kysely)\/|\/(hub|base-unit)\/store\//],
  ['Socket.IO and ws', /node_modules\/(socket\.io|engine\.io|ws|@socket\.io)/],
  [
    'HTTP: Fastify, undici and hooks',
    /node_modules\/(@?fastify|helmet|find-my-way|avvio|undici|light-my-request|fast-)/,
  ],
  ['HTTP: Node', /^node:_http|^node:http/],
  ['crypto', /^node:internal\/crypto|\/protocol\/noise/],
  [
    'sockets and TLS',
    /^node:(_?tls|net|_tls_wrap|stream|internal\/(streams|stream_base_commons|js_stream))/,
  ],
  ['protobuf', /node_modules\/@bufbuild/],
  ['Node, the rest', /^node:/],
  ['our own code', /\/(protocol|platform|hub|base-unit|cli|client)\//],
];
/** Names that V8 gives to what is no function. */
const WITHOUT_A_FUNCTION: Readonly<Record<string, string>> = {
  '(garbage collector)': 'collecting garbage',
  '(program)': 'outside of JavaScript',
};
const IDLE = '(idle)';
/** What comes before the path in the repository, or the name of a package. */
const REPOSITORY_FILES = new RegExp(`^(${REPOSITORY}/)?(.*/node_modules/)?`);
const FUNCTIONS = 25;

/** Where hub and base spend their time for one command. */
export function formatProfile({ commands, hub, base, costs }: Recorded): string {
  const { processorMs } = costs;
  return [
    `By the scheduler, per command and under the profiler: hub ${(processorMs.hub / commands).toFixed(2)} ms, base ${(processorMs.base / commands).toFixed(2)} ms`,
    ...programLines('hub', hub, commands),
    ...programLines('base', base, commands),
    '',
  ].join('\n');
}

function programLines(name: string, times: readonly SelfTime[], commands: number): string[] {
  const busy = times.filter(({ stack }) => stack.at(-1)?.functionName !== IDLE);
  const total = busy.reduce((sum, { ms }) => sum + ms, 0);
  const lines = (keyOf: (stack: readonly Frame[]) => string, most: number): string[] =>
    [...sums(busy, keyOf)]
      .toSorted(([, a], [, b]) => b - a)
      .slice(0, most)
      .map(([key, ms]) => `${(ms / commands).toFixed(3).padStart(8)} ms  ${key}`);
  return [
    '',
    `${name}: ${(total / commands).toFixed(2)} ms per command on its main thread, waiting for syncs included`,
    ...lines(groupOf, GROUPS.length + 3),
    '  by function:',
    ...lines(functionOf, FUNCTIONS),
  ];
}

function sums(
  times: readonly SelfTime[],
  keyOf: (stack: readonly Frame[]) => string,
): Map<string, number> {
  const summed = new Map<string, number>();
  for (const { stack, ms } of times) {
    const key = keyOf(stack);
    summed.set(key, (summed.get(key) ?? 0) + ms);
  }
  return summed;
}

/** Native functions have no file: they belong to who called them. */
function callerWithFile(stack: readonly Frame[]): Frame | undefined {
  return stack.findLast(({ url }) => url !== '');
}

function groupOf(stack: readonly Frame[]): string {
  const special = WITHOUT_A_FUNCTION[stack.at(-1)?.functionName ?? ''];
  if (special !== undefined) return special;
  const url = callerWithFile(stack)?.url ?? '';
  return GROUPS.find(([, file]) => file.test(url))?.[0] ?? 'the rest';
}

function functionOf(stack: readonly Frame[]): string {
  const leaf = stack.at(-1);
  if (leaf === undefined) return 'nothing';
  const caller = callerWithFile(stack);
  const from = leaf === caller || caller === undefined ? '' : ` < ${caller.functionName}`;
  const file = caller?.url.replace(REPOSITORY_FILES, '') ?? '';
  return `${leaf.functionName || '(anonymous)'}${from} ${file}`;
}
