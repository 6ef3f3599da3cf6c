import { z } from 'zod';
import { DeviceId } from '../ids.ts';
import { EpochMs } from '../epoch-ms.ts';

/** Bounds of what is shown of a site's MQTT topics. */
export const TOPIC_LIMITS = {
  /** Topics in one stream; of more only their number is known. */
  topics: 2_000,
  /** Of a payload, at most. */
  shownBytes: 2_048,
  /** What a person publishes to try something. */
  publishBytes: 16_384,
  topicChars: 1_024,
} as const;

const Qos = z.union([z.literal(0), z.literal(1), z.literal(2)]);

/** GET /api/sites/:siteId/topics, as server-sent events: those of the site, or under one of them */
export const TopicsQuery = z.strictObject({
  under: z.string().max(TOPIC_LIMITS.topicChars).optional(),
});
export type TopicsQuery = z.infer<typeof TopicsQuery>;

/** The last message of a topic. */
export const TopicState = z.object({
  /** Within the site. */
  topic: z.string(),
  /** Base64; the beginning, where `bytes` says that there is more. */
  payload: z.string(),
  bytes: z.int(),
  qos: Qos,
  /** The broker keeps it, for those who subscribe later. */
  isRetained: z.boolean(),
  atMs: EpochMs,
  /** The device that published it; null: somebody else. */
  deviceId: DeviceId.nullable(),
  /** Messages since the last time; 0: it is one that was retained before. */
  count: z.int(),
});
export type TopicState = z.infer<typeof TopicState>;

/** What has come since the last time. */
export const TopicNews = z.object({
  topics: z.array(TopicState),
  /** Messages at topics that there was no room for. */
  hidden: z.int(),
});
export type TopicNews = z.infer<typeof TopicNews>;

/** POST /api/sites/:siteId/topics/publish */
export const TopicPublish = z.strictObject({
  topic: z.string().min(1).max(TOPIC_LIMITS.topicChars),
  payload: z.string().max(TOPIC_LIMITS.publishBytes),
  qos: Qos.default(0),
  isRetained: z.boolean().default(false),
});
export type TopicPublish = z.input<typeof TopicPublish>;
