import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { defineConfig } from 'vitest/config'

const all = ['src/**/*.test.ts', 'examples/**/*.test.ts']

/** Files that get a process of their own: they change it, measure it, or spy in it. */
const alone = [
  'src/tidy.test.ts', 'src/identity/logins.test.ts', 'src/server/canaries.test.ts',
  'src/server/malformed.test.ts', 'src/server/operations.test.ts',
]

/**
 * What takes long, longest first: it begins first, so that nothing is left to one worker alone.
 * Those that start many processes stand between others that do not.
 */
const long = [
  'src/server/malformed', 'src/cli/commands', 'src/cli/serve', 'src/cli/',
  'src/crash/locks', 'src/crash/durability', 'src/crash/queue-leases', 'src/crash/audit',
  'src/crash/queues', 'src/crash/checkpoints', 'src/crash/redis-api', 'src/crash/search',
  'src/crash/secrets', 'src/crash/usage', 'src/crash/kill', 'src/crash/', 'examples/',
  'src/server/isolation', 'src/server/durable-streams', 'src/server/row-security', 'src/server/',
]

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId, project }: TestSpecification) => {
      const place = long.findIndex((part) => moduleId.includes(part))
      const isShared = project.config.isolate === false
      return (isShared ? long.length + 1 : 0) + (place === -1 ? long.length : place)
    }
    // Within a rank the order is that of vitest, by size and by earlier runs. Files of one process
    // stay together: it ends when the next one wants a process of its own.
    const sorted = await super.sort(files)
    return sorted.sort((one, other) => rank(one) - rank(other))
  }
}

export default defineConfig({
  test: {
    // For what hangs; a machine that does other work, too, is slow.
    testTimeout: 120_000,
    hookTimeout: 60_000,
    globalSetup: './scripts/vitest-run.mjs',
    pool: 'forks',
    // More than the two cores of a small machine: many tests wait, for leases and for disks.
    maxWorkers: 4,
    // Tests of one file at the same time where it asks for it; each may start four processes.
    maxConcurrency: 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      { extends: true, test: { name: 'alone', include: alone } },
      { extends: true, test: { name: 'shared', isolate: false, include: all, exclude: alone } },
    ],
  },
})
