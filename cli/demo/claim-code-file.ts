import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseClaimCode } from '#protocol/hub-link/claim-code.ts';

const POLL_MS = 50;

/** The claim code that the hub leaves in a file while no base is paired; undefined when it does not come. */
export async function waitForClaimCode(
  file: string,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<string | undefined> {
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline && !signal.aborted) {
    const code = readCode(file);
    if (code !== undefined) return code;
    await sleep(POLL_MS);
  }
  return undefined;
}

function readCode(file: string): string | undefined {
  try {
    const text = readFileSync(file, 'utf8').trim();
    return parseClaimCode(text) ? text : undefined;
  } catch {
    return undefined;
  }
}
