import { readFileSync } from 'node:fs';

/** VmRSS of a process (proc(5)). */
export function residentBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kilobytes === undefined) throw new Error('the memory of the process cannot be read');
  return Number(kilobytes) * 1_024;
}
