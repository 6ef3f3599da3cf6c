/**
 * TypeScript's compiler, of the version that is a native program and takes a
 * third of the time. The linter needs the library of the version before.
 */
export const TSC = 'node_modules/typescript-7/bin/tsc';
