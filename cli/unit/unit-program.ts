import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PACKAGE_ROOT } from '#platform/files/package-root.ts';
import { selfCommand } from '../self-command.ts';

export type UnitKind = 'light_sensor' | 'lamp';

/** The implementation behind a unit of this machine. */
export type Implementation = 'firmware' | 'virtual';

export interface UnitProgram {
  readonly implementation: Implementation;
  readonly command: string;
  readonly args: readonly string[];
}

const FIRMWARE = fileURLToPath(new URL('firmware/build/host/signalbox-unit', PACKAGE_ROOT));

/**
 * How to start a unit: the C++ firmware if it is built, otherwise the TypeScript
 * virtual unit. Both take the same arguments.
 */
export function unitProgram(
  args: readonly string[],
  implementation: Implementation = existsSync(FIRMWARE) ? 'firmware' : 'virtual',
): UnitProgram {
  if (implementation === 'firmware') return { implementation, command: FIRMWARE, args };
  const self = selfCommand();
  return {
    implementation,
    command: self.command,
    args: [...self.args, 'unit', 'run', '--virtual', ...args],
  };
}

export function describeImplementation(implementation: Implementation): string {
  return implementation === 'firmware' ? 'firmware (C++)' : 'TypeScript virtual unit';
}
