import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { UnitAddress } from '#protocol/unit-address.ts';
import type { Cleanup } from '#platform/testing/cleanup.ts';
import { pairBase } from '../../../base-unit/main.ts';
import { Program } from './program.ts';

export interface FaultBaseDeps {
  readonly data: string;
  readonly logPath: string;
  readonly sensorIntervalMs: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly cleanup: Cleanup;
}

const Configuration = z.looseObject({});

/** The base as a process; keeps its data. */
export class FaultBase {
  readonly program: Program;
  readonly #data: string;

  constructor({ data, logPath, sensorIntervalMs, env = {}, cleanup }: FaultBaseDeps) {
    this.#data = data;
    this.program = new Program({
      name: 'the base',
      args: [
        ...['base', 'run', '--data', data, '--log-level', 'debug', '--discovery', 'off'],
        ...['--sensor-interval-ms', String(sensorIntervalMs)],
        // What a unit receives and sends is recorded on the way, to compare it with the rest.
        '--plain-units',
      ],
      logPath,
      sign: '"msg":"base ready"',
      env,
      cleanup,
    });
  }

  get data(): string {
    return this.#data;
  }

  get database(): string {
    return join(this.#data, 'base.db');
  }

  /** Names units in its configuration, as a person would. Call before it starts. */
  declare(units: readonly { readonly name: string; readonly address: UnitAddress }[]): void {
    this.#configure({ units });
  }

  #configure(change: object): void {
    const path = join(this.#data, 'base.json');
    const file = Configuration.parse(JSON.parse(readFileSync(path, 'utf8')));
    writeFileSync(path, JSON.stringify({ ...file, ...change }));
  }

  async pair(hubUrl: string, claimCode: string): Promise<void> {
    const code = await pairBase([hubUrl, claimCode, '--data', this.#data]);
    if (code !== 0) throw new Error(`pairing ended with ${code}`);
    // The units of the fixture are on this machine.
    this.#configure({ localUnits: true });
  }
}
