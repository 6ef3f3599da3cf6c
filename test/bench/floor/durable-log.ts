import { fdatasyncSync, openSync, writeSync } from 'node:fs';

/**
 * Something to write to before going on, as the promise of delivery demands:
 * what arrives in one turn of the event loop shares one sync of the disk.
 * Without a file it goes on at once.
 */
export function durableLog(file: string | undefined): (text: string, then: () => void) => void {
  if (file === undefined || file === '') {
    return (_text, then) => {
      then();
    };
  }
  const descriptor = openSync(file, 'a', 0o600);
  let waiting: { readonly text: string; readonly then: () => void }[] = [];
  return (text, then) => {
    waiting.push({ text, then });
    if (waiting.length > 1) return;
    setImmediate(() => {
      const group = waiting;
      waiting = [];
      writeSync(descriptor, group.map((one) => one.text).join('\n'));
      fdatasyncSync(descriptor);
      for (const one of group) one.then();
    });
  };
}
