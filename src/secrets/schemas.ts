import { z } from 'zod'
import { idSchema, instantSchema, named, shownAs } from '../http/schema.js'
import { descriptionLengthMax, nameLengthMax, valueBytesMax } from './rules.js'
import { type RevealedSecret, type Secret, type SecretVersion } from './store.js'

/** A secret's name in a path. */
export const nameSchema = z.string().min(1).max(nameLengthMax)
  .describe('Text without control characters, percent-encoded in a path.')

const value = shownAs(z.string().min(1).max(valueBytesMax), {
  type: 'string', minLength: 1, maxLength: valueBytesMax, writeOnly: true,
  description: `Text of at most ${valueBytesMax} bytes in UTF-8.`,
})
const description = z.string().max(descriptionLengthMax).nullable()
const expiresAt = instantSchema('From then on it cannot be revealed; null for never.').nullable()

/** Body of `POST /v1/secrets`. */
export const newSecretSchema = named('NewSecret', z.strictObject({
  name: nameSchema,
  value,
  description: description.optional(),
  expires_at: expiresAt.optional(),
}))

/** Body of `PATCH /v1/secrets/{name}`. */
export const secretChangesSchema = named('SecretChanges', z.strictObject({
  value: value.optional(),
  description: description.optional(),
  expires_at: expiresAt.optional(),
}))

/** Body of `POST /v1/secrets/{name}/reveal`. */
export const revealSchema = named('SecretReveal', z.strictObject({
  version: z.int().min(1).optional().describe('One that is kept. Default the newest.'),
}))

/** A secret as the API shows it: never with its value. */
export const secretSchema = named('Secret', z.object({
  id: idSchema('UUIDv7.'),
  user_id: idSchema('Whose own it is; null for one of the organization.').nullable(),
  name: z.string(),
  description: z.string().nullable(),
  version: z.int().describe('The newest version of its value.'),
  revision: z.int().describe('Rises with each change; also the ETag.'),
  created_at: instantSchema('When it was made.'),
  updated_at: instantSchema('The last change.'),
  expires_at: instantSchema('From then on it cannot be revealed.').nullable(),
}))

/** A secret with its value. */
export const revealedSecretSchema = named('RevealedSecret', secretSchema.extend({
  value: z.string(),
}))

/** A version of a secret as the API shows it. */
export const secretVersionSchema = named('SecretVersion', z.object({
  version: z.int(),
  actor_id: z.string().describe('Who wrote it.'),
  key_version: z.int().describe('The version of the organization’s key over it.'),
  created_at: instantSchema('When it was written.'),
}))

/** A secret in the API's names; a value that it may hold is left out. */
export function presentSecret(secret: Secret) {
  return {
    id: secret.id,
    user_id: secret.userId,
    name: secret.name,
    description: secret.description,
    version: secret.version,
    revision: secret.revision,
    created_at: secret.createdAt,
    updated_at: secret.updatedAt,
    expires_at: secret.expiresAt,
  }
}

/** A revealed secret in the API's names. */
export function presentRevealed(secret: RevealedSecret) {
  return { ...presentSecret(secret), value: secret.value }
}

/** A version in the API's names. */
export function presentVersion(each: SecretVersion) {
  return {
    version: each.version,
    actor_id: each.actorId,
    key_version: each.keyVersion,
    created_at: each.createdAt,
  }
}
