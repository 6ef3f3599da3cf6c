import { join } from 'node:path';
import { REPOSITORY } from '../architecture/source.ts';

const SIGNALBOX = join(REPOSITORY, 'bin/signalbox.js');

/** The hub's log up to its readiness: its HTTPS port. */
export const HUB_READY = /"https":"https:\/\/localhost:(?<port>\d+)"/;

/** What the hub logs before it is ready, while it has no account. */
export const SETUP_CODE = /#code=(\S+?)"/;

/** How the built programs are started. */
export function signalbox(...args: string[]): { command: string; args: string[] } {
  return { command: process.execPath, args: ['--enable-source-maps', SIGNALBOX, ...args] };
}

/** How a TypeScript file below test/bench is started. */
export function benchProgram(file: string, ...args: string[]): { command: string; args: string[] } {
  const path = join(REPOSITORY, 'test/bench', file);
  const sources = ['--conditions=source', '--import', 'tsx'];
  return { command: process.execPath, args: [...sources, path, ...args] };
}
