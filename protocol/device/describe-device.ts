import type { Json } from '../json.ts';
import { jsonOf } from './announced-json.ts';
import { homeAssistantDescriptions, isHomeAssistantTopic } from './home-assistant-description.ts';
import { homieDescriptions, isHomieTopic } from './homie-description.ts';
import { isOwnTopic, ownDescriptions } from './own-description.ts';
import type { Announcement, DescribedDevice, SelfDescription } from './self-description.ts';
import { isTasmotaTelemetry, isTasmotaTopic, tasmotaDescriptions } from './tasmota-description.ts';

const ENDS = /\/(?:\$description|description|config|sensors|SENSOR|STATE)$/;

/** False for most topics, whoever publishes there. */
export function mayAnnounce(topic: string): boolean {
  return ENDS.test(topic);
}

/** Whether messages at this topic, as the device names it, describe the device. */
export function isAnnouncement(topic: string, device: DescribedDevice): boolean {
  return (
    isHomieTopic(topic) ||
    isHomeAssistantTopic(topic) ||
    isTasmotaTopic(topic) ||
    isOwnTopic(topic, device)
  );
}

/**
 * What of an announcement says something new when it differs. Tasmota says what a board has by
 * saying what it measures now: the numbers and words of that are not the point.
 */
export function gistOf({ topic, payload }: Announcement): string {
  if (!isTasmotaTelemetry(topic)) return payload;
  const document = jsonOf(payload);
  return document === undefined ? '' : JSON.stringify(shapeOf(document));
}

function shapeOf(document: Json): Json {
  if (Array.isArray(document)) return document.map(shapeOf);
  if (typeof document === 'object' && document !== null) {
    const members = Object.entries(document).toSorted(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(members.map(([name, value]) => [name, shapeOf(value)]));
  }
  return typeof document === 'number' ? 0 : typeof document === 'string' ? '' : document;
}

/** All that a device says it is. */
export function describeDevice(
  announcements: readonly Announcement[],
  device: DescribedDevice,
): SelfDescription[] {
  return [
    ...ownDescriptions(announcements, device),
    ...homieDescriptions(announcements),
    ...homeAssistantDescriptions(announcements),
    ...tasmotaDescriptions(announcements),
  ];
}
