import { z } from 'zod'
import { idSchema, instantSchema, named, shownAs } from '../http/schema.js'
import { secretFieldLengthMax, secretFieldPattern, secretFieldsMax } from './places.js'
import { type EffectiveSettings, type Settings } from './store.js'
import { type SettingsDocument } from './tables.js'

const isDocument = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const document = (description: string) =>
  shownAs(z.custom<SettingsDocument>(isDocument, 'must be a JSON object'), {
    type: 'object', additionalProperties: true, description,
  })

const secretField = shownAs(
  z.string().max(secretFieldLengthMax).regex(secretFieldPattern, 'must be keys joined by dots'),
  {
    type: 'string', maxLength: secretFieldLengthMax, pattern: secretFieldPattern.source,
    description: 'Keys joined by dots, `llm.api_key`; `*` stands for any key.',
  },
)

const secretFields = z.array(secretField).max(secretFieldsMax)
  .describe('Places whose values are encrypted and come back masked. A mark stays until a reset.')

/** Body of `PATCH …/settings`. */
export const settingsChangesSchema = named('SettingsChanges', z.strictObject({
  settings: document('A merge patch (RFC 7396): null removes a key, objects merge.').optional(),
  secret_fields: secretFields.optional(),
}))

/** Body of `PUT …/settings`. */
export const newSettingsSchema = named('NewSettings', z.strictObject({
  settings: document('Takes the place of all settings; masks keep what is set there.'),
  secret_fields: secretFields.optional(),
}))

/** Settings as the API shows them. */
export const settingsSchema = named('Settings', z.object({
  owner: z.enum(['user', 'organization']),
  user_id: idSchema('Whose they are.').nullable(),
  settings: document('Secret fields are masked: `{"$secret": true, "set": true}`.'),
  secret_fields: z.array(z.string()).describe('Places marked by callers.'),
  revision: z.int().describe('0 until something is set; rises with each change; also the ETag.'),
  updated_at: instantSchema('The last change.').nullable(),
}))

/** Effective settings as the API shows them. */
export const effectiveSettingsSchema = named('EffectiveSettings', z.object({
  settings: document('The caller’s over the organization’s; secret fields are masked.'),
  user_revision: z.int(),
  organization_revision: z.int(),
}))

/** Settings in the API's names. */
export function presentSettings(given: Settings) {
  return {
    owner: given.owner,
    user_id: given.userId,
    settings: given.settings,
    secret_fields: [...given.secretFields],
    revision: given.revision,
    updated_at: given.updatedAt,
  }
}

/** Effective settings in the API's names. */
export function presentEffective(given: EffectiveSettings) {
  return {
    settings: given.settings,
    user_revision: given.userRevision,
    organization_revision: given.organizationRevision,
  }
}
