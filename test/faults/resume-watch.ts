import type { Rig } from './rig.ts';

/** No resumption takes longer than this, or it is none. */
const LONGEST_RESUME_MS = 90_000;

/** Waits until the base follows its log again; milliseconds since the link was mended. */
export async function resumedAfter(
  rig: Rig,
  since: { readonly logByte: number; readonly mendedAtMs: number },
): Promise<number> {
  const { log } = rig.base.program;
  await log.line('"msg":"hub link is up"', {
    fromByte: since.logByte,
    timeoutMs: LONGEST_RESUME_MS,
  });
  const [line] = log.messages('hub link is up', since.logByte);
  // Both clocks are this machine's.
  return Math.max(0, (line?.time ?? Number.NaN) - since.mendedAtMs);
}
