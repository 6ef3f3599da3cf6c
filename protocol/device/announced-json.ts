import { Json } from '../json.ts';

/** What a device says as JSON; undefined where it is none. */
export function jsonOf(payload: string): Json | undefined {
  try {
    return Json.safeParse(JSON.parse(payload)).data;
  } catch {
    return undefined;
  }
}
