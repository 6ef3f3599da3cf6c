import { type Role, higherRole } from '#protocol/access/roles.ts';
import type { Actor } from '#protocol/events/actor.ts';
import type { SiteId, UserId } from '#protocol/ids.ts';
import { addMember, roleOf } from '../../store/sites.ts';
import type { Work } from '../../store/unit-of-work.ts';

/**
 * Makes someone a member of a site, or raises a member to the higher of both roles;
 * emits the event.
 */
export async function putMember(
  { tx, emit }: Work,
  member: {
    readonly siteId: SiteId;
    readonly user: { readonly id: UserId; readonly name: string };
    readonly role: Role;
    readonly nowMs: number;
    readonly actor: Actor;
  },
): Promise<void> {
  const { siteId, user, nowMs, actor } = member;
  const before = await roleOf(tx, siteId, user.id);
  const role = before ? higherRole(before, member.role) : member.role;
  await addMember(tx, { siteId, userId: user.id, role, nowMs });
  if (before === role) return;
  const type = before ? 'member.changed' : 'member.added';
  emit({ site: siteId, type, actor, data: { userId: user.id, userName: user.name, role } });
}
