import { holdfastVariants } from './holdfast-variants.mjs'

const callers = [1, 16, 64]

/** Chunks beside messages, each in a database of its own that `databaseOf(name)` makes. */
export async function streamVariants(options, seeded, databaseOf) {
  const variant = (name, about, { module, ...more }) => holdfastVariants(options, {
    name, about, module,
    settings: async (own) => ({ ...seeded, database: await databaseOf(own), ...more }),
  })
  return [
    ...await variant('messages', 'messages.append of 50 bytes', {
      module: 'holdfast-small-append.mjs',
    }),
    ...await variant('chunks', 'streams.append of 50 bytes', {
      module: 'holdfast-stream-append.mjs',
    }),
    ...await variant('produced', 'the same as steps of a producer', {
      module: 'holdfast-stream-append.mjs', produced: true,
    }),
  ]
}

/** What the benches of streams have in common. */
export const streamBench = {
  base: 'messages',
  callers,
  targets: [{ variant: 'chunks', base: 'messages', at: 16, least: 0.5 }],
}
