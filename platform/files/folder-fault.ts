import { accessSync, constants, existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import { isDiskFull } from './full-disk.ts';

/** What is wrong with a data folder, in one sentence; undefined where it is something else. */
export function folderFault(error: unknown, dataFolder: string): string | undefined {
  const fault = systemFaultOf(error);
  if (!fault) return undefined;
  const code = refusalOf(dataFolder) ?? fault.code;
  const { path } = fault;
  if (isDiskFull(fault.error)) {
    return `The disk of ${dataFolder} is full: free some space there, then start again.`;
  }
  switch (code) {
    case 'EACCES':
    case 'EPERM':
    case 'SQLITE_CANTOPEN':
    case 'SQLITE_READONLY':
    case 'SQLITE_READONLY_DIRECTORY':
    case 'SQLITE_READONLY_DBMOVED':
      return `The user ${userName()} may not write to ${path ?? dataFolder}: give it to that user, or choose another folder with --data.`;
    case 'EROFS':
      return `${path ?? dataFolder} is on a disk that is mounted read-only: choose another folder with --data.`;
    case 'ENOTDIR':
    case 'EEXIST':
      return `${path ?? dataFolder} is not a folder: choose another one with --data.`;
    case 'ENOENT':
      return `The folder ${path ?? dataFolder} cannot be made: choose another one with --data.`;
    case 'SQLITE_NOTADB':
    case 'SQLITE_CORRUPT':
      return `The database in ${dataFolder} is damaged: put back a copy (docs/backup.md).`;
    default:
      return undefined;
  }
}

/** @param program what the user calls it: `hub`, `base` */
export function folderInUse(program: string, dataFolder: string): string {
  return `Another ${program} runs on ${dataFolder}: stop it, or choose another folder with --data.`;
}

interface SystemFault {
  readonly error: Error;
  readonly code: string;
  readonly path: string | undefined;
}

/** An error may be wrapped by those who say what failed for it. */
function systemFaultOf(error: unknown): SystemFault | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (!('code' in at) || typeof at.code !== 'string' || !/^(E[A-Z]+|SQLITE_\w+)$/.test(at.code))
      continue;
    const path = 'path' in at && typeof at.path === 'string' ? at.path : undefined;
    return { error: at, code: at.code, path };
  }
  return undefined;
}

/** What the system says to a write; SQLite and a recursive mkdir say less than it knows. */
function refusalOf(folder: string): string | undefined {
  let nearest = folder;
  while (!existsSync(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest);
  try {
    accessSync(nearest, constants.W_OK);
    return undefined;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : undefined;
  }
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? '');
  }
}
