import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { auditTargets, auditVariants, organizationsIn } from '../harness/audit-stage.mjs'
import { removeFolder, temporaryFolder } from '../harness/folders.mjs'

async function setUp(options) {
  const folder = temporaryFolder('sqlite')
  const template = join(folder, 'seed.db')
  const organizations = await organizationsIn(options.dist, `sqlite:${template}`)
  const copy = async (name) => {
    const file = join(folder, `${name}.db`)
    copyFileSync(template, file)
    return `sqlite:${file}`
  }
  return {
    variants: await auditVariants(options, { organizations, copy }),
    tearDown: async () => removeFolder(folder),
  }
}

/** What the audit log costs an ordinary write in a SQLite file, in 100 organizations. */
export default {
  name: 'audit-sqlite', base: 'unaudited', callers: [16], targets: auditTargets, setUp,
}
