import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Things to undo, in reverse order. By default each is undone when the running test ends. */
export interface Cleanup {
  add(undo: () => unknown): void;
}

/** Undoes at the end of the running test. */
export const atTestEnd: Cleanup = {
  add: (undo) =>
    onTestFinished(async () => {
      await undo();
    }),
};

/** Cleans up when `run` is called, for resources that outlive one test. */
export class CleanupStack implements Cleanup {
  readonly #undos: (() => unknown)[] = [];

  add(undo: () => unknown): void {
    this.#undos.push(undo);
  }

  /** @throws AggregateError when a cleanup failed; all the others have run. */
  async run(): Promise<void> {
    const errors: unknown[] = [];
    for (let undo = this.#undos.pop(); undo; undo = this.#undos.pop()) {
      try {
        await undo();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, 'something could not be undone');
  }
}

export function temporaryFolder(cleanup: Cleanup): string {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-'));
  cleanup.add(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
