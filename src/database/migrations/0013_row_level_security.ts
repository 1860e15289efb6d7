import { type Migration } from '../migrate.js'

/**
 * Policies on every table that holds rows of organizations by now; tables of later migrations get
 * theirs where they are created, with `schema.secureTable`.
 */
export const rowLevelSecurity: Migration = {
  name: '0013_row_level_security',
  async up(schema) {
    for (const { name, key } of await schema.organizationTables()) {
      await schema.secureTable(name, key)
    }
  },
  async down(schema) {
    for (const { name } of await schema.organizationTables()) await schema.releaseTable(name)
  },
}
