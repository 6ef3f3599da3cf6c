import { folderFault } from '#platform/files/folder-fault.ts';
import type { DataFolder } from '../config/data-folder.ts';
import { explain } from '../hub-link/explain-error.ts';

/** As {@link explain}, plus the problem with the data folder if that is the cause. */
export function explainAt(error: unknown, folder: DataFolder): string {
  return folderFault(error, folder.path) ?? explain(error);
}
