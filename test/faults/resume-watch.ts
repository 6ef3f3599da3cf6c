import type { FaultFixture } from './fault-fixture.ts';

/** A resumption that takes longer than this does not count as one. */
const MAX_RESUME_MS = 90_000;

/** Waits until the base follows its log again; milliseconds since the link was mended. */
export async function resumedAfter(
  fixture: FaultFixture,
  since: { readonly logByte: number; readonly mendedAtMs: number },
): Promise<number> {
  const { log } = fixture.base.program;
  await log.line('"msg":"hub link ready"', {
    fromByte: since.logByte,
    timeoutMs: MAX_RESUME_MS,
  });
  const [line] = log.messages('hub link ready', since.logByte);
  // Both clocks are this machine's.
  return Math.max(0, (line?.time ?? Number.NaN) - since.mendedAtMs);
}
