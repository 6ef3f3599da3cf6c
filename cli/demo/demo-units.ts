import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatLinkKey } from '#protocol/noise/link-key.ts';
import { KEY_BYTES } from '#protocol/noise/noise-crypto.ts';
import { type UnitKind, type UnitProgram, unitProgram } from '../unit/unit-program.ts';
import type { DemoOptions } from './demo-options.ts';

/** A unit of the demo: its name, and where it listens. */
export interface DemoUnit {
  readonly kind: UnitKind;
  /** How its lines are marked in the terminal. */
  readonly source: string;
  /** Its name on the dashboard. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** Where it keeps its state over restarts. */
  readonly stateFile: string;
  /** Its key, which the base has as well. */
  readonly keyFile: string;
  readonly program: UnitProgram;
}

const HOST = '127.0.0.1';
const PLAN: readonly Pick<DemoUnit, 'kind' | 'source' | 'name'>[] = [
  { kind: 'light_sensor', source: 'light', name: 'Light sensor' },
  { kind: 'lamp', source: 'lamp', name: 'Lamp' },
];

/** The two units of the demo, on neighbouring ports of this machine. */
export function demoUnits({ unitPort, virtual, data }: DemoOptions): DemoUnit[] {
  return PLAN.map((unit, index) => {
    const port = unitPort + index;
    const args = ['--unit', unit.kind, '--id', `demo-${unit.source}`, '--port', String(port)];
    const stateFile = join(data, `${unit.source}.state`);
    const keyFile = join(data, `${unit.source}.key`);
    const place = ['--bind', HOST, '--state-file', stateFile, '--key-file', keyFile];
    const program = unitProgram([...args, ...place], virtual ? 'virtual' : undefined);
    return { ...unit, host: HOST, port, stateFile, keyFile, program };
  });
}

/** Creates a key for each unit without one, unique to this installation. */
export function makeUnitKeys(units: readonly DemoUnit[]): void {
  for (const { keyFile } of units) {
    if (existsSync(keyFile)) continue;
    writeFileSync(keyFile, `${formatLinkKey(randomBytes(KEY_BYTES))}\n`, { mode: 0o600 });
  }
}

/** A lamp that was never lit starts warm and bright: on a dark one, a new colour would not show. */
export function lightNewLamps(units: readonly DemoUnit[]): void {
  for (const { kind, stateFile } of units) {
    if (kind !== 'lamp' || existsSync(stateFile)) continue;
    writeFileSync(stateFile, 'color=#ffb46b brightness=80 on=1\n', { mode: 0o600 });
  }
}
