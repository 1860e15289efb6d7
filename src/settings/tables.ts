import { id, instant, integer, json } from '../database/columns.js'
import { type JsonValue } from '../database/json.js'
import { type StoredRow, table } from '../database/table.js'
import { type AuditTables } from '../audit/index.js'

/** A JSON object of settings. */
export type SettingsDocument = { [key: string]: JsonValue }

/** The settings of an organization, or of one user in it. */
export const settings = table(
  'settings',
  {
    organizationId: id(),
    /** The user, or the organization itself. */
    ownerId: id(),
    /** Null for those of the organization. */
    userId: id().orNull(),
    /** Masks stand where values are sealed. */
    document: json<SettingsDocument>(),
    /** The sealed values by JSON pointer. */
    sealed: json<{ [pointer: string]: string }>(),
    /** Places marked as secret by callers, beside those of the schemas. */
    secretFields: json<string[]>(),
    /** Rises with each change, resets included. */
    revision: integer(),
    createdAt: instant(),
    updatedAt: instant(),
  },
  { primaryKey: ['organizationId', 'ownerId'] },
)

/** The tables of this domain, for `Database`. */
export interface SettingsTables extends AuditTables {
  settings: StoredRow<typeof settings>
}
