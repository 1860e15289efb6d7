import { type Migration } from '../migrate.js'

/** How long one organization keeps its audit log, where that differs from the installation. */
export const auditRetention: Migration = {
  name: '0017_audit_retention',
  async up(schema) {
    await schema.execute('alter table audit_chains add column retention_days {integer}')
  },
  async down(schema) {
    await schema.execute('alter table audit_chains drop column retention_days')
  },
}
