import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

/** Colour only where a person looks. */
const IS_TTY = process.stdout.isTTY === true;

/**
 * Runs a command to its end.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string>, show?: boolean, timeoutMs?: number, isBackground?: boolean }} options
 *   show: pass its output on as it comes; it is collected in any case
 *   isBackground: it has what others leave of the processors
 * @returns {Promise<{ code: number, output: string, ms: number, processorMs: number }>}
 *   processorMs: of the command and all it started and waited for; 0 where the system does not tell
 */
export function run(
  command,
  args,
  { cwd, env, show = false, timeoutMs, isBackground = false } = {},
) {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: {
        ...process.env,
        ...(show && IS_TTY ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' }),
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (isBackground) yieldTo(child);
    let processorMs = 0;
    child.on('exit', () => (processorMs = ended.next()));
    const chunks = [];
    const collect = (target) => (chunk) => {
      chunks.push(chunk);
      if (show) target.write(chunk);
    };
    child.stdout.on('data', collect(process.stdout));
    child.stderr.on('data', collect(process.stderr));
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            chunks.push(Buffer.from(`\nstopped: took longer than ${timeoutMs / 1000} s\n`));
            child.kill('SIGKILL');
          }, timeoutMs);
    const end = (code) => {
      clearTimeout(timer);
      const output = Buffer.concat(chunks).toString('utf8');
      resolve({ code, output, ms: performance.now() - startedAt, processorMs });
    };
    child.on('error', (error) => {
      chunks.push(Buffer.from(`${error.message}\n`));
      end(127);
    });
    child.on('close', (code) => end(code ?? 1));
  });
}

/**
 * Processor time of the commands that have ended. The system counts it when one has ended, so that
 * what was added since the last look is of the one that ended now, whatever runs beside it.
 */
class EndedCommands {
  #knownMs = 0;

  next() {
    const allMs = childrenMs();
    const newMs = allMs - this.#knownMs;
    this.#knownMs = allMs;
    return newMs;
  }
}

const ended = new EndedCommands();
/** proc_pid_stat(5): cutime and cstime, the 16th and 17th field, in hundredths of a second. */
const AFTER_NAME = 13;
const TICK_MS = 10;

function childrenMs() {
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[AFTER_NAME]) + Number(fields[AFTER_NAME + 1])) * TICK_MS;
  } catch {
    return 0;
  }
}

/** What it starts from now on inherits it. One that has ended already needs nothing. */
function yieldTo({ pid }) {
  try {
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // Not on this system.
  }
}

export function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`;
}
