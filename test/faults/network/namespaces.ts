import { spawnSync } from 'node:child_process';

export interface CommandEnd {
  readonly code: number | null;
  readonly output: string;
}

export function tryRun(command: readonly string[]): CommandEnd {
  const [program = '', ...args] = command;
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  return { code: status, output: `${stdout}${stderr}` };
}

export function run(command: readonly string[]): string {
  const { code, output } = tryRun(command);
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}: ${output}`);
  return output;
}

/** Why no network namespaces can be created here; undefined: they can. */
export function namespaceObstacle(): string | undefined {
  const name = `sbx-try-${process.pid}`;
  const { code } = tryRun(['ip', 'netns', 'add', name]);
  if (code !== 0) return 'network namespaces cannot be made here (it takes root, and `ip`)';
  try {
    const table = tryRun(['ip', 'netns', 'exec', name, 'nft', 'add', 'table', 'ip', 'try']);
    return table.code === 0 ? undefined : '`nft` is not there, or may not be used';
  } finally {
    tryRun(['ip', 'netns', 'del', name]);
  }
}
