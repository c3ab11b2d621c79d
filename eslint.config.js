import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

export default defineConfig(
  { ignores: ['node_modules', 'coverage', 'dist'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // An index signature's keys are spelled in brackets, so that a misspelt one of a known type does not compile.
      '@typescript-eslint/dot-notation': 'off',
      // Unlike an interface, a type alias is assignable to an index signature.
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // An empty setting is one that was not made.
      '@typescript-eslint/prefer-nullish-coalescing': ['error', { ignorePrimitives: { string: true } }],
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
    },
  },
  {
    files: ['providers/*/*.ts'],
    rules: {
      // Zod compiles each schema at its first use: one that is made for a call costs several times the rest of that call.
      'no-restricted-syntax': [
        'error',
        {
          selector:
            ':function CallExpression[callee.object.name="z"][callee.property.name=/^(object|looseObject|strictObject|record|array|union)$/]',
          message: 'Make the schema once, outside the function.',
        },
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // Bodies of answers are unknown until a test asserts their shape.
      '@typescript-eslint/no-unsafe-assignment': 'off',
    },
  },
);
