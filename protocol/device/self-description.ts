import { z } from 'zod';
import { DeviceMapping } from './device-mapping.ts';

/** In which form a device says what it is, or a preset that is made for it. */
export const DescriptionForm = z.enum([
  'signalbox',
  'homie',
  'homeassistant',
  'tasmota',
  'libpyiotcloud',
]);
export type DescriptionForm = z.infer<typeof DescriptionForm>;

const MAX_ID_CHARS = 128;
const MAX_NOTE_CHARS = 200;
const MAX_NOTES = 100;

/** What of a description is left out, and why. */
export const LeftOut = z.object({
  what: z.string().max(MAX_NOTE_CHARS),
  reason: z.string().max(MAX_NOTE_CHARS),
});
export type LeftOut = z.infer<typeof LeftOut>;

/** A unit that a device may be, as it says itself; nothing becomes of it before a person says yes. */
export const SelfDescription = z.object({
  /** Stays the same while the device describes the same thing: `homie:lamp`. */
  id: z.string().min(1).max(MAX_ID_CHARS),
  form: DescriptionForm,
  title: z.string().max(MAX_NOTE_CHARS),
  mapping: DeviceMapping,
  leftOut: z.array(LeftOut).max(MAX_NOTES),
});
export type SelfDescription = z.infer<typeof SelfDescription>;

/** A message by which a device describes itself. */
export interface Announcement {
  /** As the device names it. */
  readonly topic: string;
  readonly payload: string;
}

/** The device that describes itself. */
export interface DescribedDevice {
  readonly siteId: string;
  readonly clientId: string;
  readonly name: string;
}

export const DESCRIPTION_BOUNDS = {
  idChars: MAX_ID_CHARS,
  noteChars: MAX_NOTE_CHARS,
  notes: MAX_NOTES,
} as const;
