import { DiscoveryRequest, ProbeRequest } from '#protocol/hub-link/discovery.ts';
import { ClaimId, newId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import type { FakeSite } from '../fake-site.ts';
import { type Answer, type Call, ok, problem } from './answer.ts';

/** `/api/bases/:id/:part`: what a base sees around itself. */
export async function baseAnswer(
  site: FakeSite,
  { call, part, holdMs }: { readonly call: Call; readonly part: string; readonly holdMs: number },
): Promise<Answer> {
  if (part === 'probe') {
    const { address } = ProbeRequest.parse(call.body);
    return ok(site.probe(address));
  }
  if (part !== 'discovery') return problem('not_found');
  const { revision } = DiscoveryRequest.parse(call.body);
  if (revision === site.discovery.revision) {
    await new Promise((resolve) => setTimeout(resolve, holdMs));
  }
  return ok(site.discovery);
}

/** `/api/sites/:id/claim-codes` */
export function newClaimAnswer(): Answer {
  return ok({
    id: newId(ClaimId),
    code: 'K7M2P-4T9XQ-1VWBN-8RJ3C-5DHZ6-FY0GA',
    hubUrls: ['https://192.168.1.10:8443', 'https://signalbox.local:8443'],
    expiresAt: toInstant(Date.now() + 15 * 60_000),
  });
}

/** `/api/claim-codes/:id`: no base has used it yet. */
export function claimAnswer(id: string): Answer {
  const expiresAt = toInstant(Date.now() + 800_000);
  return ok({ id, state: 'waiting', baseId: null, expiresAt });
}
