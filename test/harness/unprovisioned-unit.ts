import { type ChildProcess, spawn } from 'node:child_process';
import { connect } from 'node:net';
import { join } from 'node:path';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { freePorts } from './free-ports.ts';
import { until } from '#platform/testing/until.ts';
import { FIRMWARE } from './unit-process.ts';

export interface UnprovisionedDeps {
  readonly id: string;
  /** "name:password" of the one network in reach; default: every one. */
  readonly accessPoint?: string;
  /** Further arguments of its program. */
  readonly args?: readonly string[];
}

/** The C++ lamp as it leaves the factory: without network and key, on a serial line. */
export class UnprovisionedUnit {
  readonly #deps: UnprovisionedDeps;
  readonly #folder = temporaryFolder(atTestEnd);
  #child: ChildProcess | undefined;
  #port = 0;
  #output = '';

  constructor(deps: UnprovisionedDeps) {
    this.#deps = deps;
    atTestEnd.add(() => this.kill());
  }

  get serialPath(): string {
    return join(this.#folder, 'serial');
  }

  get settingsPath(): string {
    return join(this.#folder, 'settings');
  }

  /** All that it printed, both outputs. */
  get output(): string {
    return this.#output;
  }

  get port(): number {
    return this.#port;
  }

  /** Power on. */
  async start(): Promise<void> {
    if (this.#port === 0) [this.#port = 0] = await freePorts(1);
    const { id, accessPoint, args = [] } = this.#deps;
    const from = this.#output.length;
    const child = spawn(FIRMWARE, [
      ...['--unit', 'lamp', '--id', id, '--port', String(this.#port)],
      ...['--settings', this.settingsPath, '--serial', this.serialPath],
      ...(accessPoint === undefined ? [] : ['--access-point', accessPoint]),
      ...args,
    ]);
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text: string) => (this.#output += text));
    }
    await until(`unit ${id} is up`, () => /^(waiting|listening)/m.test(this.#output.slice(from)));
  }

  /** Power off. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    await new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.kill('SIGKILL');
    });
  }

  /** Whether somebody can connect to it. */
  async listens(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.#port, '127.0.0.1');
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
  }
}
