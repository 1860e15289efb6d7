import { auditTargets, auditVariants, organizationsIn } from '../harness/audit-stage.mjs'
import { onPostgres } from '../harness/servers.mjs'

const setUp = (options) => onPostgres(async (server) => {
  const template = await server.createDatabase('seed')
  const organizations = await organizationsIn(options.dist, template)
  const copy = (name) => server.createDatabase(name, template)
  return {
    variants: await auditVariants(options, { organizations, copy }),
  }
})

/** What the audit log costs an ordinary write on PostgreSQL, in 100 organizations. */
export default {
  name: 'audit-postgres', base: 'unaudited', callers: [16], targets: auditTargets, setUp,
}
