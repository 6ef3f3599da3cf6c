import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, rmdirSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cleanup } from '#platform/testing/cleanup.ts';

const FILLER = 'filler';
const CHUNKS = [1_048_576, 4_096, 64];

/** Why there is no small disk here; undefined: there is. */
export function smallDiskObstacle(): string | undefined {
  if (process.getuid?.() !== 0) return 'a small tmpfs needs root';
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-disk-'));
  const mounted = mount(folder, 1);
  if (mounted) spawnSync('umount', [folder]);
  rmdirSync(folder);
  return mounted ? undefined : 'a tmpfs cannot be mounted here';
}

/** A disk in memory that can be filled to the last byte, and freed again. */
export class SmallDisk {
  readonly folder: string;

  constructor(mebibytes: number, cleanup: Cleanup) {
    this.folder = mkdtempSync(join(tmpdir(), 'signalbox-disk-'));
    if (!mount(this.folder, mebibytes)) throw new Error('the tmpfs was not mounted');
    cleanup.add(() => {
      spawnSync('umount', ['--lazy', this.folder]);
      rmdirSync(this.folder);
    });
  }

  fill(): void {
    const file = openSync(join(this.folder, FILLER), 'a');
    try {
      for (const bytes of CHUNKS) {
        const chunk = Buffer.alloc(bytes);
        while (hasRoomFor(file, chunk));
      }
    } finally {
      closeSync(file);
    }
  }

  free(): void {
    rmSync(join(this.folder, FILLER), { force: true });
  }
}

function hasRoomFor(file: number, chunk: Uint8Array): boolean {
  try {
    return writeSync(file, chunk) === chunk.length;
  } catch {
    return false;
  }
}

function mount(folder: string, mebibytes: number): boolean {
  const options = `size=${mebibytes}m,mode=700`;
  return spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]).status === 0;
}
