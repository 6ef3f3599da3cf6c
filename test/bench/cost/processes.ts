import { readFileSync } from 'node:fs';

export interface Process {
  readonly pid: number;
  /** Its command line, arguments separated by spaces. */
  readonly command: string;
}

/** The processes that this one has started and that still run (proc(5)). */
function ownChildren(): Process[] {
  const main = String(process.pid);
  const pids = readFileSync(`/proc/${main}/task/${main}/children`, 'utf8').trim();
  if (pids === '') return [];
  return pids.split(' ').map((pid) => ({
    pid: Number(pid),
    command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '),
  }));
}

/** What `start` gives, and the processes that it left running. */
export async function withItsProcesses<T>(
  start: () => Promise<T>,
): Promise<{ readonly started: T; readonly processes: readonly Process[] }> {
  const before = new Set(ownChildren().map(({ pid }) => pid));
  const started = await start();
  return { started, processes: ownChildren().filter(({ pid }) => !before.has(pid)) };
}

/** Linux counts a process's time in these units for programs, whatever the kernel's own are. */
const TICKS_PER_SECOND = 100;

/**
 * Processor time that a process has used in all its threads, those that have ended
 * included. The kernel keeps it in nanoseconds and gives it in steps of 10 ms: enough for
 * a thousand commands.
 */
export function processorMs(pid: number): number {
  const [user = Number.NaN, system = Number.NaN] = timesOf(pid);
  return ((user + system) * 1_000) / TICKS_PER_SECOND;
}

/** Processor time that all programs of the machine have used, and other machines of its host. */
export function machineMs(): number {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  // After the name: user, nice, system, idle, waiting for disks, two kinds of interrupts, stolen.
  const [user = NaN, nice = NaN, system = NaN, , , hard = NaN, soft = NaN, stolen = NaN] = line
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return ((user + nice + system + hard + soft + stolen) * 1_000) / TICKS_PER_SECOND;
}

/** The same of its main thread alone. */
export function mainThreadMs(pid: number): number {
  const [user = Number.NaN, system = Number.NaN] = timesIn(`/proc/${pid}/task/${pid}/stat`);
  return ((user + system) * 1_000) / TICKS_PER_SECOND;
}

/** The same of a process and of all that it started, those that have ended included. */
export function processorMsWithChildren(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  const ticks = [pid, ...children.split(' ').filter(Boolean).map(Number)].map((one) => {
    try {
      return timesOf(one).reduce((sum, time) => sum + time, 0);
    } catch {
      // It has ended: its parent counts it from now on, in the next look.
      return 0;
    }
  });
  return (ticks.reduce((sum, time) => sum + time, 0) * 1_000) / TICKS_PER_SECOND;
}

/** User and system time of a process, and of those of its children that have ended, in ticks. */
function timesOf(pid: number): number[] {
  return timesIn(`/proc/${pid}/stat`);
}

function timesIn(file: string): number[] {
  const stat = readFileSync(file, 'utf8');
  // The name in parentheses may hold anything: fields are counted from its end (proc(5)).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).map(Number);
}
