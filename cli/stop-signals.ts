import type { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';

/** Sooner than this after the first one nobody means it a second time. */
export const INSIST_AFTER_MS = 1_000;
/** How often it is looked whether who started this process is still there. */
const LOOK_EVERY_MS = 500;

export interface StopSignalsDeps {
  readonly process: Pick<EventEmitter, 'on'>;
  /** Milliseconds since an arbitrary start. */
  readonly monotonicMs: () => number;
  /** Ends the process immediately. */
  readonly end: () => void;
}

/**
 * Requests to stop this process. The first SIGINT, SIGTERM or SIGHUP is the request. A
 * closing terminal, `timeout`, systemd and npx signal the process and its group, or
 * each other's children, so one request arrives several times and as different signals.
 * One that comes a second later is another: a hub that is closing its clients one by one then stops at once, in
 * good order. Only a person who presses Ctrl-C again ends the process immediately. Use SIGKILL
 * to force it otherwise.
 */
export function stopOnSignals({ process, monotonicMs, end }: StopSignalsDeps): {
  readonly stop: AbortController;
  readonly stopNow: AbortController;
} {
  const controller = new AbortController();
  const stopNow = new AbortController();
  let confirmedAtMs = 0;
  const confirm = (): void => {
    if (controller.signal.aborted) {
      if (monotonicMs() - confirmedAtMs >= INSIST_AFTER_MS) stopNow.abort();
      return;
    }
    confirmedAtMs = monotonicMs();
    controller.abort();
  };
  process.on('SIGTERM', confirm);
  process.on('SIGHUP', confirm);
  process.on('SIGINT', () => {
    if (controller.signal.aborted && monotonicMs() - confirmedAtMs >= INSIST_AFTER_MS) end();
    confirm();
  });
  return { stop: controller, stopNow };
}

/**
 * Stops with the `npx` that started this process through a shell: neither forwards all
 * signals, and each may be killed. The system gives orphaned children another parent.
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

/** The parent of this process and, where the system tells (Linux, proc(5)), its parent. */
export function ancestorsOfThis(): string {
  const { ppid } = process;
  try {
    // The text before the last bracket is a name, which may contain anything.
    const [, grandparent] =
      /^.*\) \S+ (\d+) /s.exec(readFileSync(`/proc/${ppid}/stat`, 'utf8')) ?? [];
    return `${ppid} ${grandparent ?? ''}`;
  } catch {
    return String(ppid);
  }
}
