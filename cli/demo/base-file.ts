import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { DemoUnit } from './demo-units.ts';

/** The part of the base's configuration that the demo cares about. */
const BaseFile = z.looseObject({
  units: z.array(z.unknown()).default([]),
  localUnits: z.boolean().optional(),
});

function pathIn(folder: string): string {
  return join(folder, 'base.json');
}

/** Pairing writes this file, so it shows whether the base is paired. */
export function isPaired(baseFolder: string): boolean {
  return existsSync(pathIn(baseFolder));
}

/**
 * Adds the demo's units to the base's configuration, as a person would with an editor;
 * you can add more units on this machine.
 */
export function declareUnits(baseFolder: string, units: readonly DemoUnit[]): void {
  const path = pathIn(baseFolder);
  const file = BaseFile.parse(JSON.parse(readFileSync(path, 'utf8')));
  const declared = units.map(({ name, host, port, keyFile }) => ({
    name,
    address: { host, port },
    keyFile,
  }));
  const isThere = JSON.stringify(file.units) === JSON.stringify(declared);
  if (isThere && file.localUnits === true) return;
  const text = `${JSON.stringify({ ...file, units: declared, localUnits: true }, null, 2)}\n`;
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
