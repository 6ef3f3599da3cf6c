import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { REPOSITORY } from '../architecture/source.ts';
import type { Cleanup } from '#platform/testing/cleanup.ts';

export interface CliEnd {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** The built `signalbox` as a process of its own. */
export class CliProcess {
  readonly ended: Promise<CliEnd>;
  readonly #child: ChildProcess;
  #out = '';
  #err = '';

  constructor(
    args: readonly string[],
    options: { readonly config: string; readonly cleanup: Cleanup },
  ) {
    const script = join(REPOSITORY, 'bin/signalbox.js');
    const child = spawn(process.execPath, [script, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, XDG_CONFIG_HOME: options.config },
    });
    this.#child = child;
    child.stdout.on('data', (chunk: Buffer) => (this.#out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (this.#err += chunk.toString()));
    this.ended = new Promise((resolve) => {
      child.once('close', (code) => resolve({ code, out: this.#out, err: this.#err }));
    });
    options.cleanup.add(() => {
      if (child.exitCode === null) child.kill('SIGKILL');
    });
  }

  get out(): string {
    return this.#out;
  }

  get err(): string {
    return this.#err;
  }

  /** Stops reading its output. */
  closeOutput(): void {
    this.#child.stdout?.destroy();
  }

  /** Stops in the middle of whatever it does, as a laptop that is shut. */
  freeze(): void {
    this.#child.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child.kill('SIGCONT');
  }

  async interrupt(): Promise<CliEnd> {
    this.#child.kill('SIGINT');
    return await this.ended;
  }
}
