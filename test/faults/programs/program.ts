import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { CommandStage } from '#protocol/command/command-stage.ts';
import { REPOSITORY } from '../../architecture/source.ts';
import type { Cleanup } from '#platform/testing/cleanup.ts';
import { until } from '#platform/testing/until.ts';
import { LogFile } from './log-file.ts';

const SIGNALBOX = join(REPOSITORY, 'bin/signalbox.js');
const CRASH_POINT = pathToFileURL(join(REPOSITORY, 'test/faults/crash/crash-point.mjs')).href;
/**
 * The time of a start is not judged here: on a machine under load it takes most of a minute. A
 * program that ends is noticed at once.
 */
const START_MS = 120_000;

export interface ProgramDeps {
  readonly name: string;
  /** What Node runs; default: `signalbox`. */
  readonly script?: string;
  /** Its arguments. */
  readonly args: readonly string[];
  readonly logPath: string;
  /** The line in its log that says it is ready. */
  readonly sign: string;
  readonly env?: Readonly<Record<string, string>>;
  /** A command that it is started with, such as `ip netns exec`. */
  readonly enter?: readonly string[];
  readonly cleanup: Cleanup;
}

/** Where a program ends itself (test/faults/crash). */
export type CrashPoint = { readonly when: 'before' | 'after' } & (
  | { readonly stage: CommandStage; readonly skip: number }
  /** Its commit of an event of this type, of `cursor of <consumer>`, or of `message of MQTT`. */
  | { readonly stores: string }
);

/** The built hub or base in a process of its own, which can be killed and restarted. */
export class Program {
  readonly log: LogFile;
  readonly #deps: ProgramDeps;
  #child: ChildProcess | undefined;
  #startedAtByte = 0;

  constructor(deps: ProgramDeps) {
    this.#deps = deps;
    this.log = new LogFile(deps.logPath);
    closeSync(openSync(deps.logPath, 'a'));
    deps.cleanup.add(() => this.kill());
  }

  get isRunning(): boolean {
    const child = this.#child;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error(`${this.#deps.name} does not run`);
    return pid;
  }

  /** Where in the log its present life began. */
  get startedAtByte(): number {
    return this.#startedAtByte;
  }

  /** Starts it and waits until it is up. */
  async start(): Promise<void> {
    this.spawn();
    await this.up();
  }

  spawn(): void {
    const { script = SIGNALBOX, args, logPath, env = {}, enter = [] } = this.#deps;
    this.#startedAtByte = this.log.bytes;
    const output = openSync(logPath, 'a');
    const node = [process.execPath, '--enable-source-maps', '--import', CRASH_POINT];
    const [program = process.execPath, ...rest] = [...enter, ...node, script, ...args];
    this.#child = spawn(program, rest, {
      cwd: REPOSITORY,
      stdio: ['ignore', output, output, 'ipc'],
      env: { ...process.env, ...env },
    });
    closeSync(output);
  }

  async up(timeoutMs = START_MS): Promise<void> {
    const { name, sign } = this.#deps;
    await until(
      `${name} is up`,
      () => {
        if (!this.isRunning) return 'ended';
        for (const line of this.log.grep(sign, this.#startedAtByte)) return line;
        return undefined;
      },
      timeoutMs,
    );
    if (!this.isRunning) throw new Error(`${name} ended while it started: ${this.log.path}`);
  }

  /** Arms a crash point, which fires at most once. It is armed when this resolves. */
  async crashAt(point: CrashPoint): Promise<void> {
    const child = this.#child;
    if (child === undefined) throw new Error(`${this.#deps.name} does not run`);
    const armed = once(child, 'message');
    child.send(point);
    await armed;
  }

  /** Waits until it has ended by itself. */
  async ended(timeoutMs?: number): Promise<void> {
    await until(`${this.#deps.name} has ended`, () => !this.isRunning, timeoutMs);
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!this.isRunning || child === undefined) return;
    await new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.kill(signal);
    });
  }
}
