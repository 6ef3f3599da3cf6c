import { z } from 'zod';

/**
 * How a base and a unit understand each other. frames: docs/unit-link.md.
 * line-sensor, line-lamp: older firmware, which speaks lines of text and does
 * not say what it is (docs/line-units.md); so a person has to.
 */
export const UnitLinkKind = z.enum(['frames', 'line-sensor', 'line-lamp']);
export type UnitLinkKind = z.infer<typeof UnitLinkKind>;
