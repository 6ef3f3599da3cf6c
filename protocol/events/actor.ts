import { z } from 'zod';
import { UserId } from '../ids.ts';

/** What can cause an event. `hub`: nobody requested it; it was due. */
const ActorKind = z.enum(['person', 'token', 'rule', 'webhook', 'device', 'base', 'plugin', 'hub']);
type ActorKind = z.infer<typeof ActorKind>;

/** Who caused an event. */
export const Actor = z.object({
  kind: ActorKind,
  /** The hub has none. */
  id: z.string().max(80).optional(),
  /**
   * Of a person or a token, as it was then. Of a base or a device it is the name of now,
   * which an answer adds; none where it is gone.
   */
  name: z.string().max(200).optional(),
  /** The owner of a token. */
  owner: z.object({ id: UserId, name: z.string().max(200) }).optional(),
});
export type Actor = z.infer<typeof Actor>;

/** The person who acted, in person or by a token. */
export function personBehind({ kind, id, owner }: Actor): UserId | undefined {
  return kind === 'person' ? UserId.safeParse(id).data : owner?.id;
}

export const HUB_ACTOR: Actor = { kind: 'hub' };
