import { z } from 'zod'
import { InvalidCursor } from '../database/page.js'
import { RevisionConflict } from '../errors.js'
import { pageQuery, pageSchema, presentPage } from '../http/page.js'
import { type Route, route } from '../http/route.js'
import {
  RevealNotRecorded, RootKeyMissing, RootKeyUnavailable, SecretExpired, SecretKeyExhausted,
  SecretKeyRetired, SecretLimitReached, SecretNameTaken, SecretNotFound, SecretOwnerRequired,
  SecretUnreadable,
} from './errors.js'
import {
  nameSchema, newSecretSchema, presentRevealed, presentSecret, presentVersion, revealedSecretSchema,
  revealSchema, secretChangesSchema, secretSchema, secretVersionSchema,
} from './schemas.js'
import { type SecretStore } from './store.js'

/** What these endpoints need. */
export interface SecretContext {
  /** Of the organization. */
  readonly secrets: SecretStore
  /** Of the acting person in it. */
  readonly ownSecrets: SecretStore
}

/** The two places where secrets are. */
interface Area {
  readonly path: string
  readonly action: 'secrets' | 'own_secrets'
  readonly of: 'secrets' | 'ownSecrets'
  /** Stands in operation ids. */
  readonly noun: string
  readonly whose: string
}

const define = route<SecretContext>()
const tag = 'Secrets'
const scope = 'organization'
const params = z.strictObject({ name: nameSchema })
const writing = [RootKeyMissing, RootKeyUnavailable, SecretKeyExhausted]
const secretPage = pageSchema('SecretPage', secretSchema)
const versionPage = pageSchema('SecretVersionPage', secretVersionSchema)

function reading({ path, action, of, noun, whose }: Area): Route<SecretContext>[] {
  const owner = of === 'ownSecrets' ? [SecretOwnerRequired] : []
  const read = {
    tag, action: `${action}:read`, scope, status: 200, idempotency: 'none', method: 'GET',
  } as const
  return [
    define({
      ...read,
      operationId: `list${noun}s`,
      path,
      summary: `List ${whose} secrets by name, without values`,
      input: { query: z.strictObject(pageQuery) },
      output: secretPage,
      errors: [InvalidCursor, ...owner],
      handle: async ({ [of]: secrets }, { query }) =>
        presentPage(await secrets.list(query), presentSecret),
    }),
    define({
      ...read,
      operationId: `get${noun}`,
      path: `${path}/{name}`,
      summary: `Get one of ${whose} secrets, without its value`,
      input: { params },
      output: secretSchema,
      etag: true,
      errors: [SecretNotFound, ...owner],
      handle: async ({ [of]: secrets }, { params: { name } }) =>
        presentSecret(await secrets.get(name)),
    }),
    define({
      ...read,
      operationId: `list${noun}Versions`,
      path: `${path}/{name}/versions`,
      summary: 'List the versions that are kept, newest first, without values',
      input: { params },
      output: versionPage,
      errors: [SecretNotFound, ...owner],
      handle: async ({ [of]: secrets }, { params: { name } }) =>
        presentPage({ data: await secrets.versions(name), nextCursor: null }, presentVersion),
    }),
    define({
      operationId: `reveal${noun}`,
      method: 'POST',
      path: `${path}/{name}/reveal`,
      tag,
      summary: `Reveal one of ${whose} secrets; the audit log is told first`,
      action: `${action}:reveal`,
      scope,
      input: { params, body: revealSchema },
      status: 200,
      output: revealedSecretSchema,
      errors: [
        SecretNotFound, SecretExpired, SecretUnreadable, SecretKeyRetired, RevealNotRecorded,
        RootKeyMissing, RootKeyUnavailable, ...owner,
      ],
      // An answer that is kept would be a second place where the value is.
      idempotency: 'none',
      handle: async ({ [of]: secrets }, { params: { name }, body }) =>
        presentRevealed(await secrets.reveal(name, body)),
    }),
  ]
}

function changing({ path, action, of, noun, whose }: Area): Route<SecretContext>[] {
  const owner = of === 'ownSecrets' ? [SecretOwnerRequired] : []
  const write = {
    tag, action: `${action}:write`, scope, idempotency: 'transaction', sensitive: true,
  } as const
  return [
    define({
      ...write,
      operationId: `create${noun}`,
      method: 'POST',
      path,
      summary: `Keep a secret among ${whose}`,
      input: { body: newSecretSchema },
      status: 201,
      output: secretSchema,
      etag: true,
      errors: [SecretNameTaken, SecretLimitReached, ...writing, ...owner],
      handle: async ({ [of]: secrets }, { body: { expires_at: expiresAt, ...rest } }) =>
        presentSecret(await secrets.create({ ...rest, expiresAt })),
    }),
    define({
      ...write,
      operationId: `update${noun}`,
      method: 'PATCH',
      path: `${path}/{name}`,
      summary: 'Change value, description or end; a value becomes a new version',
      input: { params, body: secretChangesSchema },
      status: 200,
      output: secretSchema,
      etag: true,
      errors: [SecretNotFound, RevisionConflict, ...writing, ...owner],
      handle: async ({ [of]: secrets }, { params: { name }, body, ifRevision }) => {
        const { expires_at: expiresAt, ...rest } = body
        return presentSecret(await secrets.update(name, { ...rest, expiresAt }, ifRevision))
      },
    }),
    define({
      ...write,
      operationId: `delete${noun}`,
      method: 'DELETE',
      path: `${path}/{name}`,
      summary: `Delete one of ${whose} secrets with all its versions`,
      input: { params },
      status: 204,
      errors: [SecretNotFound, ...owner],
      handle: ({ [of]: secrets }, { params: { name } }) => secrets.delete(name),
    }),
  ]
}

const areas: readonly Area[] = [
  {
    path: '/v1/secrets', action: 'secrets', of: 'secrets', noun: 'Secret',
    whose: 'the organization’s',
  },
  {
    path: '/v1/me/secrets', action: 'own_secrets', of: 'ownSecrets', noun: 'MySecret',
    whose: 'the caller’s own',
  },
]

/** Keep, list, change, delete and reveal secrets. */
export const secretRoutes: readonly Route<SecretContext>[] =
  areas.flatMap((area) => [...reading(area), ...changing(area)])
