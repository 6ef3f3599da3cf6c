import { z } from 'zod';
import { SessionView, SiteView } from '#protocol/http/accounts.ts';
import type { SiteId } from '#protocol/ids.ts';
import type { ApiClient } from '../harness/api-client.ts';

/** Makes the first account of a hub, and signs the client in. @returns its site */
export async function signUp(api: ApiClient, setupCode: string): Promise<SiteId> {
  const account = { email: 'bench@example.com', name: 'Bench', password: 'a lamp in the window' };
  await api.post(SessionView, '/api/sign-up', { ...account, setupCode });
  const { sites } = await api.get(z.object({ sites: z.array(SiteView) }), '/api/sites');
  const [site] = sites;
  if (site === undefined) throw new Error('the account has no site');
  return site.id;
}
