import { TSC } from '../make/tsc.mjs';

/** With the types of everything: the longest of the checks, on one processor. */
const LINT = {
  name: 'lint',
  args: [
    'node_modules/eslint/bin/eslint.js',
    '.',
    '--max-warnings=0',
    '--cache',
    '--cache-strategy=content',
    '--cache-location=build/eslint-cache',
  ],
};

/**
 * Checks of the sources that are one command each: `node <args>`. The longest first.
 * One that `mayLackTool` ends with exit code 3 where that is missing.
 */
export const CHECKS = [
  LINT,
  {
    name: 'types',
    args: [TSC, '-p', '.', '--incremental', '--tsBuildInfoFile', 'build/check.tsbuildinfo'],
  },
  {
    name: 'format',
    args: [
      'node_modules/prettier/bin/prettier.cjs',
      '--check',
      '.',
      '--cache',
      '--cache-location=build/prettier-cache',
      '--log-level=warn',
    ],
  },
  { name: 'C++ format', args: ['scripts/make/cpp-format.mjs'], mayLackTool: true },
];
