import { z } from 'zod';

const HOST =
  /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$/;

/** Where a base finds a unit: an IP address or a host name of its network, and the port. */
export const UnitAddress = z.strictObject({
  host: z.union([z.ipv4(), z.ipv6(), z.string().regex(HOST, 'must be an address or a host name')]),
  port: z.int().min(1).max(65_535),
});
export type UnitAddress = z.infer<typeof UnitAddress>;

/** The port units listen on (docs/unit-link.md section 1.1). */
export const DEFAULT_UNIT_PORT = 8888;
