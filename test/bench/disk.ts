import { closeSync, fdatasyncSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Percentiles, percentilesOf } from './latencies.ts';

/** Magic numbers of file systems that live in memory, where a sync costs nothing (statfs(2)). */
const IN_MEMORY = new Map([
  [0x01021994, 'tmpfs'],
  [0x858458f6, 'ramfs'],
]);
const SYNCS = 500;

/** @throws where temporary folders are kept in memory: what is measured there no disk can do */
export function refuseMemory(
  folder: string = tmpdir(),
  typeOf: (path: string) => number = (path) => statfsSync(path).type,
): void {
  const name = IN_MEMORY.get(typeOf(folder));
  if (name === undefined) return;
  throw new Error(`${folder} is a ${name}: set TMPDIR to a folder on a disk, as the hub's is`);
}

/** How long one write and its sync take in `folder`. */
export function measureSyncs(folder: string = tmpdir()): Percentiles {
  const file = join(folder, `signalbox-sync-${process.pid}`);
  const descriptor = openSync(file, 'w', 0o600);
  try {
    const latencies = Array.from({ length: SYNCS }, () => {
      const startMs = performance.now();
      writeSync(descriptor, 'x'.repeat(4_096));
      fdatasyncSync(descriptor);
      return performance.now() - startMs;
    });
    return percentilesOf(latencies);
  } finally {
    closeSync(descriptor);
    rmSync(file);
  }
}
