import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'examples/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    globalSetup: './scripts/vitest-run.mjs',
    pool: 'forks',
    maxWorkers: 2,
  },
})
