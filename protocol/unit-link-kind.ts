import { z } from 'zod';

/**
 * The protocol between a base and a unit. frames: docs/unit-link.md. line-sensor,
 * line-lamp: older firmware, which uses lines of text and cannot identify itself
 * (docs/line-units.md), so a person has to choose.
 */
export const UnitLinkKind = z.enum(['frames', 'line-sensor', 'line-lamp']);
export type UnitLinkKind = z.infer<typeof UnitLinkKind>;
