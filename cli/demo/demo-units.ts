import { join } from 'node:path';
import { type UnitKind, type UnitProgram, unitProgram } from '../unit/unit-program.ts';
import type { DemoOptions } from './demo-options.ts';

/** A unit of the demo: what it is called, and where it listens. */
export interface DemoUnit {
  readonly kind: UnitKind;
  /** How its lines are marked in the terminal. */
  readonly source: string;
  /** Its name on the dashboard. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
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
    const place = ['--bind', HOST, '--state-file', join(data, `${unit.source}.state`)];
    const program = unitProgram([...args, ...place], virtual ? 'virtual' : undefined);
    return { ...unit, host: HOST, port, program };
  });
}
