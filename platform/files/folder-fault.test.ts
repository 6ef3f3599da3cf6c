import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AppError } from '#protocol/errors.ts';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { folderFault } from './folder-fault.ts';

function systemError(code: string, more: { path?: string; syscall?: string } = {}): Error {
  return Object.assign(new Error(code), { code, ...more });
}

describe('the fault of a data folder', () => {
  it.each([
    ['EACCES', 'mkdir', 'hub', /^The user \S+ may not write to \S+\/hub: /],
    ['EACCES', 'open', 'base.json', /^The user \S+ may not read \S+\/base\.json: /],
    ['EPERM', 'lstat', 'base.json', /^The user \S+ may not read \S+\/base\.json: /],
    ['EACCES', 'open', 'new.pem', /^The user \S+ may not write to \S+\/new\.pem: /],
    ['EROFS', 'open', 'new.pem', /new\.pem is on a disk that is mounted read-only: /],
    ['ENOSPC', 'write', undefined, /^The disk of \S+ is full: /],
    ['ENOTDIR', 'mkdir', 'base.json/below', /\/base\.json is not a folder: /],
    ['ENOENT', 'mkdir', 'a/b', /a\/b cannot be made: /],
    ['ENOENT', 'open', 'base-key.pem', /base-key\.pem is missing: /],
    ['EISDIR', 'read', 'base.json', /base\.json is a folder, where a file of /],
    ['ELOOP', 'open', 'base.json', /base\.json is a symbolic link that leads to itself: /],
    ['EIO', 'read', 'base.json', /^The disk of \S+ does not read or write \(EIO\): /],
    ['SQLITE_IOERR_READ', undefined, undefined, /does not read or write \(SQLITE_IOERR_READ\)/],
    ['SQLITE_BUSY', undefined, undefined, /^Another program has locked the database in /],
  ])('is one sentence with a remedy: %s at %s of %s', (code, syscall, name, sentence) => {
    const folder = temporaryFolder(atTestEnd);
    writeFileSync(join(folder, 'base.json'), '');
    const error = systemError(code, {
      ...(syscall === undefined ? {} : { syscall }),
      ...(name === undefined ? {} : { path: join(folder, name) }),
    });
    for (const one of [error, new AppError('internal', { cause: error })]) {
      const said = folderFault(one, folder);
      expect(said).toMatch(sentence);
      expect(said).toMatch(/^[^\n]+: [^\n]+\.$/);
    }
  });

  it.each<[string, { path?: string; syscall?: string }]>([
    ['EACCES', { syscall: 'connect' }],
    ['EPERM', { syscall: 'connect' }],
    ['EACCES', { syscall: 'listen' }],
    ['ENOENT', { syscall: 'open', path: '/elsewhere/claim-code' }],
    ['EACCES', { syscall: 'open', path: '/data-of-others' }],
    ['ECONNREFUSED', { syscall: 'connect' }],
  ])('is not what a connection or another file refuses: %s %j', (code, more) => {
    expect(folderFault(systemError(code, more), '/data/base')).toBeUndefined();
  });

  it('is also that of a folder above it', () => {
    const error = systemError('EROFS', { syscall: 'mkdir', path: '/data' });
    expect(folderFault(error, '/data/base')).toContain('/data is on a disk');
  });
});
