import type { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';

/** Sooner than this after the first one no person presses Ctrl-C again. */
export const INSIST_AFTER_MS = 1_000;
/** How often it is looked whether who started this process is still there. */
const LOOK_EVERY_MS = 500;

export interface StopSignalsDeps {
  readonly process: Pick<EventEmitter, 'on'>;
  /** Milliseconds since an arbitrary start. */
  readonly monotonicMs: () => number;
  /** Ends the process at once. */
  readonly end: () => void;
}

/**
 * When this process shall stop. The first SIGINT, SIGTERM or SIGHUP asks for
 * it. A terminal that closes, `timeout`, systemd and npx signal the process
 * and its group, or each other's children, so one request to stop arrives several
 * times and as different signals: only a person who presses Ctrl-C again ends
 * the process at once. Whoever else will not wait has SIGKILL.
 */
export function stopOnSignals({ process, monotonicMs, end }: StopSignalsDeps): AbortController {
  const controller = new AbortController();
  let confirmedAtMs = 0;
  const confirm = (): void => {
    if (controller.signal.aborted) return;
    confirmedAtMs = monotonicMs();
    controller.abort();
  };
  process.on('SIGTERM', confirm);
  process.on('SIGHUP', confirm);
  process.on('SIGINT', () => {
    if (controller.signal.aborted && monotonicMs() - confirmedAtMs >= INSIST_AFTER_MS) end();
    confirm();
  });
  return controller;
}

/**
 * Stops with the `npx` that started this process by way of a shell: neither
 * hands on all signals, and each may be killed. The system gives the children
 * of a process that has ended to another parent.
 */
export function stopWithNpx(
  controller: AbortController,
  { env, ancestors }: { readonly env: NodeJS.ProcessEnv; readonly ancestors: () => string },
): void {
  if (env['npm_lifecycle_event'] !== 'npx') return;
  const first = ancestors();
  const timer = setInterval(() => {
    if (ancestors() === first) return;
    clearInterval(timer);
    controller.abort();
  }, LOOK_EVERY_MS);
  timer.unref();
}

/** The parent of this process and, where the system tells (Linux, proc(5)), the parent's own. */
export function ancestorsOfThis(): string {
  const { ppid } = process;
  try {
    // What stands before the last bracket is a name, which may hold anything.
    const [, grandparent] =
      /^.*\) \S+ (\d+) /s.exec(readFileSync(`/proc/${ppid}/stat`, 'utf8')) ?? [];
    return `${ppid} ${grandparent ?? ''}`;
  } catch {
    return String(ppid);
  }
}
