import { holdfastVariants } from './holdfast-variants.mjs'
import { WorkerVariant } from './worker-variant.mjs'

/** The organizations that conversations are begun in. */
const organizationCount = 100

/** Migrates an empty database and makes the organizations; their ids. */
export async function organizationsIn(dist, database) {
  const { openHoldfast } = await import(`${dist}/index.js`)
  const holdfast = await openHoldfast({ database })
  const made = []
  for (let count = 0; count < organizationCount; count++) {
    made.push((await holdfast.organizations.create({ name: `Organization ${count}` })).id)
  }
  await holdfast.close()
  return made
}

/** The variants of the audit benches; `copy` makes a database of its own for each. */
export async function auditVariants(options, { organizations, copy }) {
  const module = 'audited-create.mjs'
  const settings = async (system) => ({ system, organizations, database: await copy(system) })
  return [
    new WorkerVariant({
      name: 'unaudited', about: 'the insert of the conversation alone, prepared', module,
      settings: { ...await settings('unaudited'), dist: options.dist },
    }),
    new WorkerVariant({
      name: 'recorded', about: 'conversations.create, recorded but not sealed', module,
      settings: { ...await settings('recorded'), dist: options.dist },
    }),
    ...await holdfastVariants(options, {
      name: 'sealed', about: 'conversations.create, recorded, sealed and signed meanwhile', module,
      settings: (name) => settings('sealed').then((given) => ({ ...given, name })),
    }),
  ]
}

/** What both benches promise. */
export const auditTargets = [
  { variant: 'sealed', base: 'unaudited', at: 16, least: 0.85 },
  { variant: 'sealed', base: 'recorded', at: 16, least: 0.85 },
]
