import { auditTargets, auditVariants, organizationsIn } from '../harness/audit-stage.mjs'
import { PostgresServer } from '../harness/postgres-server.mjs'

async function setUp(options) {
  const server = await PostgresServer.start()
  try {
    const template = await server.createDatabase('seed')
    const organizations = await organizationsIn(options.dist, template)
    const copy = (name) => server.createDatabase(name, template)
    return {
      facts: { postgres: server.facts },
      variants: await auditVariants(options, { organizations, copy }),
      tearDown: () => server.stop(),
    }
  } catch (error) {
    await server.stop()
    throw error
  }
}

/** What the audit log costs an ordinary write on PostgreSQL, in 100 organizations. */
export default {
  name: 'audit-postgres', base: 'unaudited', callers: [16], targets: auditTargets, setUp,
}
