import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { contentStamp, StampFile } from './stamp.mjs';

function folder() {
  const path = mkdtempSync(join(tmpdir(), 'signalbox-stamp-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  mkdirSync(join(path, 'src/node_modules'), { recursive: true });
  writeFileSync(join(path, 'src/a.ts'), 'a');
  return path;
}

describe('contentStamp', () => {
  it('changes with a content, a name and a new file, and not with what is skipped', () => {
    const root = folder();
    const before = contentStamp(root, ['src', 'missing']);
    writeFileSync(join(root, 'src/node_modules/x.js'), 'x');
    expect(contentStamp(root, ['src', 'missing'])).toBe(before);
    writeFileSync(join(root, 'src/a.ts'), 'b');
    const changed = contentStamp(root, ['src', 'missing']);
    expect(changed).not.toBe(before);
    writeFileSync(join(root, 'src/b.ts'), '');
    expect(contentStamp(root, ['src', 'missing'])).not.toBe(changed);
  });
});

describe('StampFile', () => {
  it('remembers the stamp until it is cleared', () => {
    const file = new StampFile(folder(), 'part');
    expect(file.matches('1')).toBe(false);
    file.write('1');
    expect(file.matches('1')).toBe(true);
    expect(file.matches('2')).toBe(false);
    file.clear();
    expect(file.matches('1')).toBe(false);
  });
});
