import { folderFault } from '#platform/files/folder-fault.ts';
import type { DataFolder } from '../config/data-folder.ts';
import { explain } from '../hub-link/explain-error.ts';

/** As {@link explain}, and what is wrong with the data folder where it is that. */
export function explainAt(error: unknown, folder: DataFolder): string {
  return folderFault(error, folder.path) ?? explain(error);
}
