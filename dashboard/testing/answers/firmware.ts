import { toInstant } from '#protocol/json.ts';
import type { RolloutView } from '#protocol/rollout/rollout.ts';
import type { FakeSite } from '../fake-site.ts';
import { type Answer, type Call, DONE, ok, problem } from './answer.ts';

/** `/api/sites/:id/firmware`: no file is a signed image here. */
export function imagesAnswer(site: FakeSite, { method }: Call): Answer {
  return method === 'GET' ? ok({ firmware: site.firmware }) : problem('firmware_file_invalid');
}

/** `/api/firmware/:id`, which is only ever removed. */
export function imageAnswer(site: FakeSite, id: string): Answer {
  site.firmware = site.firmware.filter((image) => image.id !== id);
  return DONE;
}

/** `/api/rollouts/:id/:part` */
export function rolloutAnswer(site: FakeSite, id: string, part: string): Answer {
  const rollout = site.rollouts.get(id);
  if (!rollout) return problem('rollout_unknown');
  const state = part === 'pause' ? 'paused' : part === 'resume' ? 'running' : 'aborted';
  const endedAt = state === 'aborted' ? toInstant(Date.now()) : null;
  const changed: RolloutView = { ...rollout, state, endedAt };
  site.putRollout(changed);
  return ok(changed);
}
