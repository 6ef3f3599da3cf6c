import { readFileSync } from 'node:fs';
import { EXIT } from './exit-code.ts';
import { runCli } from './main.ts';
import { PACKAGE_ROOT } from './package-root.ts';

/** Time that open handles get after a command has ended. */
const LINGER_MS = 3_000;

/**
 * Runs the command line of this process. The first SIGINT or SIGTERM asks
 * the command to stop in good order, the second ends the process at once.
 */
export async function runAsProcess(): Promise<void> {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(EXIT.failure);
    controller.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  process.on('SIGHUP', stop);
  if (process.env.SIGNALBOX_SUPERVISED === '1') stopWithSupervisor(controller);
  try {
    process.exitCode = await runCli({
      argv: process.argv.slice(2),
      stop: controller.signal,
      version: readVersion(),
    });
  } catch (cause) {
    process.stderr.write(`signalbox: ${cause instanceof Error ? cause.message : String(cause)}\n`);
    if (process.env.SIGNALBOX_DEBUG === '1') process.stderr.write(`${String(stackOf(cause))}\n`);
    process.exitCode = EXIT.failure;
  }
  process.stdin.destroy();
  setTimeout(() => process.exit(), LINGER_MS).unref();
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
