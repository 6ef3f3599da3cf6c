import { z } from 'zod';
import { SiteView } from '#protocol/http/accounts.ts';

export const SiteList = z.object({ sites: z.array(SiteView) });
