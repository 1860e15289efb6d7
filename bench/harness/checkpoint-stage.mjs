import { join } from 'node:path'
import { removeFolder, temporaryFolder } from './folders.mjs'
import { holdfastVariants } from './holdfast-variants.mjs'
import { onPostgres } from './servers.mjs'
import { WorkerVariant } from './worker-variant.mjs'

/** Holdfast and LangGraph's own saver on PostgreSQL; `define` makes the variants. */
export const checkpointsOnPostgres = (define) => onPostgres(async (server) => ({
  variants: await define({
    holdfast: (name) => server.createDatabase(name),
    official: async (name) => (
      { system: 'postgres', postgres: await server.createDatabase(name) }),
  }),
}))

/** The same on a file. */
export async function checkpointsOnSqlite(define) {
  const folder = temporaryFolder('checkpoints')
  const variants = await define({
    holdfast: async (name) => `sqlite:${join(folder, `${name}.db`)}`,
    official: async (name) => ({ system: 'sqlite', file: join(folder, `${name}.db`) }),
  })
  return { variants, tearDown: async () => removeFolder(folder) }
}

/** Holdfast and the other saver doing the same, named `<what>` and `<what>-official`. */
export async function pairOf(options, databases, { name, about, module, ...settings }) {
  const ours = await holdfastVariants(options, {
    name, about, module,
    settings: async (own) => ({
      system: 'holdfast', database: await databases.holdfast(own), ...settings,
    }),
  })
  return [
    ...ours,
    new WorkerVariant({
      name: `${name}-official`, about: `${about}, LangGraph's own saver`, module,
      settings: {
        ...await databases.official(`${name}_official`.replaceAll('-', '_')), ...settings,
      },
    }),
  ]
}

/** Steps and reads of both. */
export const stepsAndReads = (options) => async (databases) => [
  ...await pairOf(options, databases, {
    name: 'steps', about: 'put and putWrites', module: 'checkpoint-saver.mjs', reads: false,
  }),
  ...await pairOf(options, databases, {
    name: 'reads', about: 'getTuple of the newest', module: 'checkpoint-saver.mjs', reads: true,
  }),
]
