import type { ConnectPlan } from '../port/unit-driver.ts';
import { AppError } from '#protocol/errors.ts';
import type { DialDeps } from '../transport/unit-transport.ts';
import type { LineLink } from './line-link.ts';

/** @throws AppError `unit_unreachable`, also when the plan is aborted meanwhile. */
export async function dialLine(
  link: LineLink,
  { address, signal, through }: ConnectPlan,
  { permits, transport }: DialDeps,
): Promise<void> {
  const leave = await through(permits.dial);
  try {
    signal.throwIfAborted();
    link.open(await transport.dial(address, link.events));
  } catch (cause) {
    throw cause instanceof AppError ? cause : new AppError('unit_unreachable', { cause });
  } finally {
    leave();
  }
}
