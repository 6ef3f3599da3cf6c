import { onTestFinished, vi } from 'vitest';

/** What this process has printed since {@link capturePrinted}. */
export interface Printed {
  /** Of stdout; a test may empty it. */
  out: string;
  /** Of stderr; a test may empty it. */
  err: string;
  /** Of both, in the order they were printed in. */
  readonly text: string;
}

/** Until the end of the running test, output is captured here instead of being printed. */
export function capturePrinted(): Printed {
  const printed = { out: '', err: '', text: '' };
  for (const name of ['out', 'err'] as const) {
    const write = vi.spyOn(process[`std${name}`], 'write').mockImplementation((text) => {
      printed[name] += String(text);
      printed.text += String(text);
      return true;
    });
    onTestFinished(() => write.mockRestore());
  }
  return printed;
}
