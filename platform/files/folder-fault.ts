import { accessSync, constants, existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, relative } from 'node:path';
import { AppError } from '#protocol/errors.ts';
import { isDiskFull } from './full-disk.ts';

/** The problem with a data folder, in one sentence; undefined if the error is something else. */
export function folderFault(error: unknown, dataFolder: string): string | undefined {
  const fault = systemFaultOf(error);
  if (!fault || !isOf(dataFolder, fault)) return undefined;
  const code = refusalOf(dataFolder) ?? fault.code;
  const { path } = fault;
  const at = path ?? dataFolder;
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
      return `The user ${userName()} may not ${isRead(fault) ? 'read' : 'write to'} ${at}: give it to that user, or choose another folder with --data.`;
    case 'EROFS':
      return `${at} is on a disk that is mounted read-only: choose another folder with --data.`;
    case 'ENOTDIR':
    case 'EEXIST':
      return `${nearestTo(at)} is not a folder: choose another one with --data.`;
    case 'ENOENT':
      return fault.syscall === 'open'
        ? `${at} is missing: put back a copy (docs/backup.md).`
        : `The folder ${at} cannot be made: choose another one with --data.`;
    case 'EISDIR':
      return `${at} is a folder, where a file of ${dataFolder} should be: put back a copy (docs/backup.md).`;
    case 'ELOOP':
      return `${at} is a symbolic link that leads to itself: choose another folder with --data.`;
    case 'EIO':
    case 'SQLITE_IOERR':
    case 'SQLITE_IOERR_READ':
    case 'SQLITE_IOERR_WRITE':
    case 'SQLITE_IOERR_FSYNC':
      return `The disk of ${dataFolder} does not read or write (${code}): look at it, and put back a copy on another one (docs/backup.md).`;
    case 'SQLITE_BUSY':
      return `Another program has locked the database in ${dataFolder}: end that one, then start again.`;
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
  readonly syscall: string | undefined;
}

/**
 * Not of a connection, which a firewall may refuse with the same codes, nor of a file
 * elsewhere.
 */
function isOf(dataFolder: string, { path, syscall }: SystemFault): boolean {
  if (NETWORK_CALLS.includes(syscall)) return false;
  if (path === undefined) return true;
  const isAbove = !relative(path, dataFolder).startsWith('..');
  return isAbove || !relative(dataFolder, path).startsWith('..');
}

const NETWORK_CALLS: readonly (string | undefined)[] = ['connect', 'bind', 'listen', 'getaddrinfo'];
/** A file opened for writing is created; an existing one was opened for reading. */
const READ_CALLS: readonly (string | undefined)[] = ['open', 'stat', 'lstat', 'access', 'scandir'];

function isRead({ path, syscall }: SystemFault): boolean {
  return READ_CALLS.includes(syscall) && path !== undefined && existsSync(path);
}

/** An error may be wrapped with what failed, and for which file. */
function systemFaultOf(error: unknown): SystemFault | undefined {
  let named: string | undefined;
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof AppError && typeof at.details['path'] === 'string')
      named = at.details['path'];
    if (!('code' in at) || typeof at.code !== 'string' || !/^(E[A-Z]+|SQLITE_\w+)$/.test(at.code))
      continue;
    const path = 'path' in at && typeof at.path === 'string' ? at.path : named;
    const syscall = 'syscall' in at && typeof at.syscall === 'string' ? at.syscall : undefined;
    return { error: at, code: at.code, path, syscall };
  }
  return undefined;
}

/** The system's error of a write; SQLite and a recursive mkdir report less. */
function refusalOf(folder: string): string | undefined {
  try {
    accessSync(nearestTo(folder), constants.W_OK);
    return undefined;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : undefined;
  }
}

/** Of a path, as much as there is. */
function nearestTo(path: string): string {
  let nearest = path;
  while (!existsSync(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest);
  return nearest;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? '');
  }
}
