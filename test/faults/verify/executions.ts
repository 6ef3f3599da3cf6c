import type { Token } from '../load/ledger.ts';

/** What a unit has done with one token. */
export interface Execution {
  /** How often it shows in the unit's log. */
  readonly times: number;
  /** Place of the last time among all executions of the unit. */
  readonly lastPlace: number;
}

const LINE = /^(?:lamp color=(#[0-9a-f]{6}) |uart data=([0-9a-f]+)$)/;

/**
 * Reads from the log of a C++ unit what it has executed. The lamp logs a colour when it
 * changes, the UART every write: this did happen, whatever was killed afterwards.
 */
export function executionsOf(output: string): Map<Token, Execution> {
  const executions = new Map<Token, Execution>();
  let place = 0;
  for (const line of output.split('\n')) {
    const [, colour, data] = LINE.exec(line) ?? [];
    const token = colour ?? data;
    if (token === undefined) continue;
    place += 1;
    executions.set(token, { times: (executions.get(token)?.times ?? 0) + 1, lastPlace: place });
  }
  return executions;
}
