import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../architecture/source.ts';
import type { Cleanup } from '#platform/testing/cleanup.ts';
import { until } from '#platform/testing/until.ts';

/** The last three are of the C++ firmware only. */
export type UnitKind = 'light_sensor' | 'lamp' | 'thermometer' | 'relay' | 'button';
export type UnitImplementation = 'firmware' | 'virtual';

/** As `npm run build` makes it: from the sources a start takes several times as long. */
const SIGNALBOX = join(REPOSITORY, 'bin/signalbox.js');
/** The C++ units for this machine, as scripts/make/parts.mjs builds them. */
export const FIRMWARE = join(REPOSITORY, 'firmware/build/host/signalbox-unit');

export function firmwareIsBuilt(): boolean {
  return existsSync(FIRMWARE);
}

/** A key that no other unit has, in a file in this folder. */
export function newKeyFile(folder: string): string {
  const path = join(folder, 'unit.key');
  writeFileSync(path, randomBytes(32).toString('base64'), { mode: 0o600 });
  return path;
}

export interface UnitProcessDeps {
  readonly kind: UnitKind;
  readonly id: string;
  readonly implementation: UnitImplementation;
  readonly cleanup: Cleanup;
  /** The unit's key; without one its link is plain. */
  readonly keyFile?: string;
  /** Further arguments of the program. */
  readonly args?: readonly string[];
  /** Default: any free one. */
  readonly port?: number;
  /** Added to its environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A unit as a process of its own, on loopback; keeps its port over restarts. */
export class UnitProcess {
  readonly #deps: UnitProcessDeps;
  #child: ChildProcess | undefined;
  #port = 0;
  #output = '';

  constructor(deps: UnitProcessDeps) {
    this.#deps = deps;
    this.#port = deps.port ?? 0;
    deps.cleanup.add(() => this.kill());
  }

  get id(): string {
    return this.#deps.id;
  }

  get kind(): UnitKind {
    return this.#deps.kind;
  }

  get isRunning(): boolean {
    const child = this.#child;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  get keyFile(): string | undefined {
    return this.#deps.keyFile;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get port(): number {
    return this.#port;
  }

  /** Everything that the unit has printed to both outputs. */
  get output(): string {
    return this.#output;
  }

  async start(): Promise<void> {
    const { kind, id, implementation, keyFile, args = [], env = {} } = this.#deps;
    const options = { env: { ...process.env, ...env } };
    const shared = [
      '--unit',
      kind,
      '--id',
      id,
      '--bind',
      '127.0.0.1',
      '--port',
      String(this.#port),
      ...(keyFile === undefined ? ['--plain'] : ['--key-file', keyFile]),
      ...args,
    ];
    const child =
      implementation === 'firmware'
        ? spawn(FIRMWARE, shared, options)
        : spawn(process.execPath, [SIGNALBOX, 'unit', 'run', '--virtual', ...shared], options);
    this.#child = child;
    const from = this.#output.length;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text: string) => (this.#output += text));
    }
    const [, port] = await until(`unit ${id} listens`, () => {
      if (child.exitCode !== null) throw new Error(`it ended: ${this.#output}`);
      return /^listening \S+:(\d+)/m.exec(this.#output.slice(from));
    });
    this.#port = Number(port);
  }

  /** A word and Enter, as a person types them. */
  type(word: string): void {
    this.#child?.stdin?.write(`${word}\n`);
  }

  /** Stops it until {@link resume}; what is sent to it waits. */
  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  /** Ends at once, as a board does that loses its power. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Ends in good order. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || !this.isRunning) return;
    await new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.kill(signal);
    });
  }
}
