import { createHash } from 'node:crypto';
import type { CommandRequest } from '#protocol/http/commands.ts';
import type { UnitId } from '#protocol/ids.ts';

/** Identifies the content of a request, whatever the order of its members. */
export function requestHash(unitId: UnitId, request: CommandRequest): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted({ ...request, id: undefined, unitId })))
    .digest('base64url');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, sorted(member)]),
  );
}
