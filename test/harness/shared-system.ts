import { startedOnce } from './started-once.ts';
import { startSystem, type System, type SystemOptions } from './system.ts';

/** One running system for all tests of the group, or of the file. */
export function sharedSystem(options: Omit<SystemOptions, 'cleanup'>): () => System {
  return startedOnce((cleanup) => startSystem({ ...options, cleanup }));
}
