import { z } from 'zod';
import { addressKindOf, parseHost } from './host.ts';

/** Problems of a host, shown next to the field. */
const MISFIT = 'must be an IP address of a unit or a host name, in its usual spelling';

/**
 * Where a base finds a unit: an IP address or a host name on its network, and the port.
 * Parsing gives the canonical form ({@link parseHost}). Whether to connect there is the
 * base's decision.
 */
export const UnitAddress = z.strictObject({
  host: z
    .string()
    .refine(isHostOfUnit, MISFIT)
    .overwrite((host) => parseHost(host)?.text ?? host),
  port: z.int().min(1).max(65_535),
});
export type UnitAddress = z.infer<typeof UnitAddress>;

/** One that was stored before, or comes from another program: of any spelling, and not to be dialled unchecked. */
export const AnyUnitAddress = z.object({
  host: z.string().max(253),
  port: UnitAddress.shape.port,
});

/** The port units listen on (docs/unit-link.md section 1.1). */
export const DEFAULT_UNIT_PORT = 8888;

function isHostOfUnit(text: string): boolean {
  const host = parseHost(text);
  if (!host) return false;
  return host.kind === 'name' || addressKindOf(host) !== 'unusable';
}
