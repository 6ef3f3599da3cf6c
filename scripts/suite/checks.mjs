import { TSC } from '../make/tsc.mjs';

/**
 * Checks of the sources that are one command each: `node <args>`. The longest first.
 * One that `mayLackTool` ends with exit code 3 where that is missing.
 */
export const CHECKS = [
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
  {
    name: 'types',
    args: [TSC, '-p', '.', '--incremental', '--tsBuildInfoFile', 'build/check.tsbuildinfo'],
  },
  {
    name: 'lint',
    args: [
      'node_modules/oxlint/bin/oxlint',
      '--type-aware',
      '--report-unused-disable-directives',
      '--deny-warnings',
    ],
  },
  { name: 'C++ format', args: ['scripts/make/cpp-format.mjs'], mayLackTool: true },
];
