import { readFileSync } from 'node:fs';
import { EXIT } from '#platform/terminal/exit-code.ts';
import { runCli } from './main.ts';
import { PACKAGE_ROOT } from '#platform/files/package-root.ts';
import { ancestorsOfThis, stopOnSignals, stopWithNpx } from './stop-signals.ts';

/** Time that open handles get after a command has ended. */
const EXIT_DELAY_MS = 3_000;

/** Runs the command line of this process, until it is done or told to stop. */
export async function runAsProcess(): Promise<void> {
  const { stop: controller, stopNow } = stopOnSignals({
    process,
    monotonicMs: () => performance.now(),
    end: () => process.exit(EXIT.failure),
  });
  stopWithNpx(controller, { env: process.env, ancestors: ancestorsOfThis });
  if (process.env.SIGNALBOX_SUPERVISED === '1') stopWithSupervisor(controller);
  try {
    process.exitCode = await runCli({
      argv: process.argv.slice(2),
      stop: controller.signal,
      stopNow: stopNow.signal,
      version: readVersion(),
    });
  } catch (cause) {
    process.stderr.write(`signalbox: ${cause instanceof Error ? cause.message : String(cause)}\n`);
    if (process.env.SIGNALBOX_DEBUG === '1') process.stderr.write(`${String(stackOf(cause))}\n`);
    process.exitCode = EXIT.failure;
  }
  process.stdin.destroy();
  setTimeout(() => process.exit(), EXIT_DELAY_MS).unref();
}

/** A supervisor holds this process's standard input open; when it is gone, so is the reason to run. */
function stopWithSupervisor(controller: AbortController): void {
  process.stdin.on('end', () => controller.abort());
  process.stdin.on('error', () => controller.abort());
  process.stdin.resume();
}

function stackOf(cause: unknown): string | undefined {
  return cause instanceof Error ? cause.stack : undefined;
}

function readVersion(): string {
  const text = readFileSync(new URL('package.json', PACKAGE_ROOT), 'utf8');
  return /"version": "([^"]+)"/.exec(text)?.[1] ?? 'unknown';
}
