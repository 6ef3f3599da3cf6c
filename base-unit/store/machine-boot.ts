import { readFileSync } from 'node:fs';

/** Names this run of the machine (Linux, proc(5)); undefined where it has no name. */
export function machineBoot(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return undefined;
  }
}
