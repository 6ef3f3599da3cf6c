import tseslint from 'typescript-eslint';

const NODE_GLOBALS = Object.fromEntries(
  [
    'AbortController',
    'AbortSignal',
    'Buffer',
    'URL',
    'clearTimeout',
    'console',
    'fetch',
    'performance',
    'process',
    'setTimeout',
  ].map((name) => [name, 'readonly']),
);

/** Files with functions of four parameters, from before the rule; and callbacks of libraries. */
const LONG_PARAMETER_LISTS = [
  // Called by uPlot and by Fastify.
  'dashboard/**/history-chart.tsx',
  'hub/**/load-bound.ts',
  // Of our own.
  'base-unit/**/command-task.ts',
  'dashboard/**/fact-text.ts',
  'dashboard/**/sparkline-path.ts',
  'dashboard/**/command-record.ts',
  'dashboard/**/history-series.ts',
  'dashboard/**/link-view.ts',
  'hub/**/site-access.ts',
];

export default tseslint.config(
  {
    ignores: ['**/dist/', '**/build/', '.signalbox/', 'protocol/unit-link/unit_link_pb.ts'],
  },
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
  },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/consistent-type-definitions': ['error', 'interface'],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      '@typescript-eslint/consistent-type-assertions': ['error', { assertionStyle: 'never' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // There are none (erasableSyntaxOnly), and looking for them took a tenth of the time.
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      '@typescript-eslint/no-misused-promises': [
        'error',
        { checksVoidReturn: { attributes: false } },
      ],
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true } }],
      eqeqeq: 'error',
      'no-var': 'error',
      'prefer-const': 'error',
    },
  },
  {
    // Dependencies come as one object; beside it three places at most.
    files: ['**/*.ts', '**/*.tsx'],
    // Tests and callbacks have the places that others give them. The rest is to be mended:
    // nothing may come to it.
    ignores: ['**/*.test.ts', 'test/**', '**/testing/**', ...LONG_PARAMETER_LISTS],
    rules: { '@typescript-eslint/max-params': ['error', { max: 3 }] },
  },
  {
    // Errors cross modules by their code (protocol/errors.ts), which texts and stacks are not.
    files: ['{hub,base-unit,platform,client}/**/*.ts'],
    ignores: ['**/testing/**', '**/*.test.ts', '**/*.contract.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ThrowStatement > NewExpression[callee.name!=/^(AppError|TransactionGone)$/]',
          message: 'Throw AppError(code).',
        },
      ],
    },
  },
  {
    // Codecs have no code for a caller that breaks what they state: that is a RangeError.
    files: ['protocol/**/*.ts'],
    ignores: ['**/testing/**', '**/*.test.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ThrowStatement > NewExpression[callee.name!=/^(AppError|RangeError)$/]',
          message: 'Throw AppError(code), or a RangeError where the caller is at fault.',
        },
      ],
    },
  },
  {
    files: ['*.config.ts'],
    rules: { 'no-restricted-exports': 'off' },
  },
  {
    // The one place where a checked string becomes a branded id.
    files: ['protocol/ids.ts'],
    rules: { '@typescript-eslint/consistent-type-assertions': 'off' },
  },
  {
    // Plain JavaScript runs before anything is installed or compiled.
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: { globals: NODE_GLOBALS },
    rules: {
      eqeqeq: 'error',
      'no-undef': 'error',
      'no-unused-vars': 'error',
      'no-var': 'error',
      'prefer-const': 'error',
    },
  },
);
