import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pairBase, runBase } from '../../base-unit/main.ts';
import { openStore } from '../../base-unit/store/store.ts';
import { unitKey } from '../../base-unit/units/unit-key.ts';

/** A base inside this process, started through the entry point that the command line uses. */
export class BaseProgram {
  readonly data: string;
  readonly #discovery: string;
  #running: { readonly stop: AbortController; readonly ended: Promise<number> } | undefined;

  /** @param discovery as `--discovery` */
  constructor(data: string, discovery = 'off') {
    this.data = data;
    this.#discovery = discovery;
  }

  async pair(hubUrl: string, claimCode: string): Promise<void> {
    const code = await pairBase([hubUrl, claimCode, '--data', this.data]);
    if (code !== 0) throw new Error(`pairing ended with ${code}`);
    // The units of tests are on this machine.
    this.configure({ localUnits: true });
  }

  /** Changes the configuration that pairing wrote. */
  configure(change: object): void {
    const path = join(this.data, 'base.json');
    const before: unknown = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(path, JSON.stringify(Object.assign({}, before, change)));
  }

  /**
   * As `signalbox base unit-key`, without its output.
   *
   * @throws while the base does not know the unit.
   */
  giveKey(unit: string, keyFile: string): void {
    const store = openStore({ path: join(this.data, 'base.db') });
    try {
      unitKey({ unit, plain: false, keyFile, units: store.units });
    } finally {
      store.close();
    }
  }

  start(): void {
    const stop = new AbortController();
    const args = [
      '--data',
      this.data,
      '--log-level',
      LOG_LEVEL,
      '--sensor-interval-ms',
      '100',
      '--plain-units',
      '--discovery',
      this.#discovery,
    ];
    this.#running = { stop, ended: runBase(args, stop.signal) };
  }

  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    running?.stop.abort();
    await running?.ended;
  }
}

/** Set SIGNALBOX_TEST_LOG=debug to see what the programs log. */
export const LOG_LEVEL = process.env.SIGNALBOX_TEST_LOG ?? 'silent';
