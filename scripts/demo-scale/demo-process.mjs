import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const STOP_PATIENCE_MS = 45_000;

/**
 * A program of the demo, in a process group of its own, so that Ctrl-C in the terminal reaches
 * only the demo, which then stops all in order. Its output goes to a file.
 */
export class DemoProcess {
  #child;
  #output = '';

  /**
   * @param {{ name: string, command: string, args: string[], logFile: string, cwd?: string,
   *   user?: { uid: number, gid: number } }} spec
   */
  constructor(spec) {
    this.spec = spec;
  }

  get isRunning() {
    return this.#child !== undefined;
  }

  get pid() {
    return this.#child?.pid;
  }

  /** What it has printed since it was started. */
  get output() {
    return this.#output;
  }

  start() {
    const { command, args, logFile, cwd, user } = this.spec;
    const child = spawn(command, args, {
      ...{ cwd, ...user, detached: true, stdio: ['pipe', 'pipe', 'pipe'] },
      // Ends by itself when its input does, should the demo be killed.
      env: { ...process.env, SIGNALBOX_SUPERVISED: '1' },
    });
    this.#child = child;
    this.#output = '';
    const log = createWriteStream(logFile, { flags: 'a' });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text) => {
        // The beginning is what is looked at.
        if (this.#output.length < 1_000_000) this.#output += text;
        log.write(text);
      });
    }
    child.stdin.on('error', () => undefined);
    child.on('error', (error) => (this.#output += error.message));
    child.on('close', () => {
      if (this.#child === child) this.#child = undefined;
      log.end();
    });
  }

  /** Waits until something is so. @throws Error when it ends, or takes too long. */
  async until(isSo, timeoutMs = 60_000) {
    const untilMs = performance.now() + timeoutMs;
    while (!(await isSo())) {
      const isLate = performance.now() > untilMs;
      if (!this.isRunning || isLate) {
        const why = isLate ? 'is not ready' : 'ended';
        throw new Error(`${this.spec.name} ${why}; its log is ${this.spec.logFile}`);
      }
      await sleep(50);
    }
  }

  /** @param {NodeJS.Signals} signal */
  async stop(signal = 'SIGTERM') {
    const child = this.#child;
    if (!child) return;
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill(signal);
    const patience = setTimeout(() => this.kill(), STOP_PATIENCE_MS);
    await ended;
    clearTimeout(patience);
  }

  /** Now, with all that it has started. */
  kill() {
    if (this.pid === undefined) return;
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch {
      // It ended just now.
    }
  }
}
