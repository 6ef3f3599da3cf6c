import { z } from 'zod';
import { SiteId } from '../ids.ts';

/** GET and PUT /api/account/libpyiotcloud: the site that the API serves for the account; null: off. */
export const LibpyiotcloudSetting = z.strictObject({ siteId: SiteId.nullable() });
export type LibpyiotcloudSetting = z.infer<typeof LibpyiotcloudSetting>;

const Text = z.string().max(1_000);

/** What its clients send: further members are not read. */
export const LibpyiotcloudLogin = z.object({ username: Text, password: Text });
export const LibpyiotcloudSecret = z.object({ username: Text, secret: Text });
export const LibpyiotcloudDevice = z.object({ ...LibpyiotcloudSecret.shape, devicename: Text });

/** A call with its own arguments beside these (protocol/device/board-call.ts). */
export const LibpyiotcloudCall = z.looseObject({
  ...LibpyiotcloudDevice.shape,
  /** True: a board that does not answer is a 503, with its last answer. */
  cached: z.boolean().default(false),
});
