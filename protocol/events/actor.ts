import { z } from 'zod';

/** What can cause an event. `hub`: nobody asked for it, its time had come. */
export const ActorKind = z.enum([
  'person',
  'token',
  'rule',
  'webhook',
  'device',
  'base',
  'plugin',
  'hub',
]);
export type ActorKind = z.infer<typeof ActorKind>;

/** Who caused an event. */
export const Actor = z.object({
  kind: ActorKind,
  /** The hub has none. */
  id: z.string().max(80).optional(),
  /** As it was then: of a person, or of a token. */
  name: z.string().max(200).optional(),
});
export type Actor = z.infer<typeof Actor>;

export const HUB_ACTOR: Actor = { kind: 'hub' };
