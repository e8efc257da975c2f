import ava from 'eslint-plugin-ava'
import {defineConfig, globalIgnores} from 'eslint/config'
import tseslint from 'typescript-eslint'

/**
 * Imports only point down: commands/ and src/http/ -> src/services/ -> src/db/. See docs/architecture.md. Circles are
 * found by oxlint (.oxlintrc.json), because ESLint's import plugins ignore type imports.
 */
function forbidImports(files, patterns) {
  return {
    files,
    rules: {
      'no-restricted-imports': ['error', {patterns: patterns.map(([group, message]) => ({group, message}))}],
    },
  }
}

function forbidValueImports(files, patterns) {
  return {
    files,
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {patterns: patterns.map(([group, message]) => ({group, message, allowTypeImports: true}))},
      ],
    },
  }
}

const edges = [
  ['**/commands/**', '**/cli/**', '**/http/**', '@oclif/*', 'express'],
  'This layer must know neither HTTP nor the terminal.',
]

export default defineConfig(
  globalIgnores(['**/dist/', 'node_modules/', 'client/schema.ts']),
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {parserOptions: {projectService: true, tsconfigRootDir: import.meta.dirname}},
    rules: {
      // A Knex builder that is not awaited silently does nothing.
      '@typescript-eslint/no-floating-promises': ['error', {checkThenables: true}],
      // One spelling for all row and record shapes.
      '@typescript-eslint/consistent-type-definitions': ['error', 'type'],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', {allowNumber: true}],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      'no-restricted-properties': [
        'error',
        {object: 'process', property: 'env', message: 'Take it from the Config that the edge passes in.'},
        {object: 'process', property: 'exit', message: 'Release what you hold and let the process end.'},
        {object: 'Date', property: 'now', message: 'Measure with performance.now(): the time of day may jump.'},
      ],
      'no-console': 'error',
    },
  },
  {
    // Only these files read the environment.
    files: ['src/cli/base-command.ts', 'src/cli/run.ts', 'knexfile.ts', 'test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      'no-restricted-properties': ['error', {object: 'process', property: 'exit', message: 'Let the process end.'}],
    },
  },
  forbidImports(['commands/**'], [[['**/http/**', 'express'], 'The edges never import each other.']]),
  // The commands that start and describe the HTTP edge.
  {files: ['commands/openapi.ts', 'commands/serve.ts'], rules: {'no-restricted-imports': 'off'}},
  forbidImports(['src/cli/**'], [[['**/http/**', 'express'], 'The edges never import each other.']]),
  forbidImports(['src/http/**'], [[['**/commands/**', '**/cli/**', '@oclif/*'], 'The edges never import each other.']]),
  forbidImports(['src/services/**'], [edges]),
  forbidImports(['src/db/**'], [edges, [['**/services/**'], 'src/db is below the services.']]),
  forbidImports(
    ['src/gateways/**'],
    [edges, [['**/services/**', '**/db/**'], 'A gateway knows its provider, and nothing of the shop.']],
  ),
  forbidImports(
    ['src/gateways/test-provider/**'], // keeps its books in PostgreSQL, but not in the shop's tables
    [edges, [['**/services/**', '**/db/tables.ts'], 'A gateway knows its provider, and nothing of the shop.']],
  ),
  forbidImports(
    ['src/metrics/**'],
    [edges, [['**/services/**', '**/db/**'], 'Every layer may count something; this one imports none.']],
  ),
  forbidImports(['src/json/**'], [edges, [['**/db/**'], 'src/json turns values of the services into JSON.']]),
  forbidValueImports(
    ['src/json/**'],
    [
      [['**/services/**'], 'src/json needs no more than the types of what services return.'],
      [
        ['zod', '**/schemas.ts'],
        'Commands load this file, and zod takes a fifth of the time a command needs to start.',
      ],
    ],
  ),
  {files: ['src/json/schemas.ts'], rules: {'@typescript-eslint/no-restricted-imports': 'off'}}, // it is the zod schemas
  forbidImports(
    ['src/*.ts'],
    [edges, [['**/services/**', '**/db/**'], 'Everyone imports this file; it imports no layer.']],
  ),
  {
    files: ['test/**/*.ts'],
    extends: [ava.configs.recommended],
    rules: {
      'ava/no-ignored-test-files': 'off', // compiled to dist/test, where ava runs them
      'no-restricted-syntax': [
        'error',
        {
          selector: 'CallExpression[callee.object.name="t"][callee.property.name="timeout"]',
          message: 'The time limit of the whole run never fires again after one that came during it.',
        },
      ],
      '@typescript-eslint/no-unsafe-argument': 'off', // answers are JSON of any shape; a wrong guess fails the test
      '@typescript-eslint/no-unsafe-assignment': 'off', // the same
      '@typescript-eslint/no-unsafe-member-access': 'off', // the same
    },
  },
)
