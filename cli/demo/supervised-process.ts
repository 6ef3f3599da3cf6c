import { type ChildProcess, spawn } from 'node:child_process';
import { LineSplitter } from '../line-splitter.ts';

/** A program that ran this long was well: the next restart is quick again. */
const HEALTHY_MS = 30_000;
const FIRST_RESTART_MS = 500;
const LAST_RESTART_MS = 10_000;
const STOP_PATIENCE_MS = 8_000;

export interface ProcessSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface SupervisedProcessDeps {
  readonly spec: ProcessSpec;
  readonly onLine: (line: string) => void;
  /** A word about the process itself: that it ended, that it is started again. */
  readonly onNotice: (text: string) => void;
  /** The program cannot start: it ended with this code before it was declared settled. */
  readonly onCannotStart: (code: number) => void;
}

/**
 * A supervised child process: when it ends it is restarted after a delay that doubles
 * from 0.5 s to 10 s. It has its own process group, so that Ctrl-C in the terminal
 * reaches only the supervisor, which then stops all in order; its standard input ends
 * when the supervisor is gone.
 */
export class SupervisedProcess {
  readonly #deps: SupervisedProcessDeps;
  #child: ChildProcess | undefined;
  #restartTimer: NodeJS.Timeout | undefined;
  #restartWaitMs = FIRST_RESTART_MS;
  #startedAtMs = 0;
  #settled = false;
  #stopping = false;
  #stopped: Promise<void> | undefined;

  constructor(deps: SupervisedProcessDeps) {
    this.#deps = deps;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(): void {
    const { spec, onLine, onNotice } = this.#deps;
    const child = spawn(spec.command, spec.args, {
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, SIGNALBOX_SUPERVISED: '1', ...spec.env },
    });
    this.#child = child;
    this.#startedAtMs = performance.now();
    for (const stream of [child.stdout, child.stderr]) {
      const splitter = new LineSplitter(onLine);
      stream.setEncoding('utf8');
      stream.on('data', (text: string) => splitter.push(text));
      stream.on('end', () => splitter.end());
    }
    // The pipe only signals our presence; it is no error when it breaks because the child ended.
    child.stdin.on('error', () => undefined);
    child.on('error', (error) => {
      onNotice(`${spec.name} cannot be run: ${error.message}`);
      if (child.pid === undefined) this.#onExit(127, null);
    });
    child.on('close', (code, signal) => this.#onExit(code, signal));
  }

  /** From here on an end is an accident that a restart may mend. */
  settle(): void {
    this.#settled = true;
  }

  /** Asks the process to end and waits; kills it after a timeout. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stopOnce();
    return this.#stopped;
  }

  async #stopOnce(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restartTimer);
    const child = this.#child;
    if (child === undefined) return;
    await new Promise<void>((resolve) => {
      const patience = setTimeout(() => {
        this.#deps.onNotice(`${this.#deps.spec.name} does not stop, killing it`);
        this.kill();
      }, STOP_PATIENCE_MS);
      child.once('close', () => {
        clearTimeout(patience);
        resolve();
      });
      child.kill('SIGTERM');
    });
  }

  /** Ends the process and all it started, now. */
  kill(): void {
    this.#stopping = true;
    clearTimeout(this.#restartTimer);
    const pid = this.#child?.pid;
    if (pid === undefined) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It ended just now.
    }
  }

  #onExit(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#child === undefined) return;
    this.#child = undefined;
    if (this.#stopping) return;
    const { spec, onNotice, onCannotStart } = this.#deps;
    if (!this.#settled && code !== null && code !== 0) {
      this.#stopping = true;
      onCannotStart(code);
      return;
    }
    if (performance.now() - this.#startedAtMs > HEALTHY_MS) this.#restartWaitMs = FIRST_RESTART_MS;
    const waitMs = this.#restartWaitMs;
    this.#restartWaitMs = Math.min(waitMs * 2, LAST_RESTART_MS);
    const how = signal === null ? `with exit code ${code ?? 0}` : `by ${signal}`;
    onNotice(`${spec.name} ended ${how}, restarting in ${waitMs / 1000} s`);
    this.#restartTimer = setTimeout(() => this.start(), waitMs);
  }
}
