import { z } from 'zod';

/** What goes through the floor: as many bytes as a real command has, and no meaning. */
export const FloorMessage = z.object({ id: z.string(), unit: z.number(), padding: z.string() });
export type FloorMessage = z.infer<typeof FloorMessage>;

/** Reads a setting that the bench hands to the floor's processes. */
export function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}
