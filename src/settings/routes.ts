import { RevisionConflict } from '../errors.js'
import { type Route, route } from '../http/route.js'
import { PersonRequired, SealingUnavailable } from './errors.js'
import {
  effectiveSettingsSchema, newSettingsSchema, presentEffective, presentSettings,
  settingsChangesSchema, settingsSchema,
} from './schemas.js'
import { type SettingsOwner, type SettingsStore } from './store.js'

/** What these endpoints need. */
export interface SettingsContext {
  readonly settings: SettingsStore
}

/** How the endpoints of one owner differ from those of the other. */
interface Owned {
  readonly owner: SettingsOwner
  readonly path: string
  /** As in `getSettings`, `getMySettings`. */
  readonly noun: string
  readonly whose: string
  readonly area: 'settings' | 'own_settings'
}

const define = route<SettingsContext>()
const tag = 'Settings'
const scope = 'organization'

function ownedRoutes({ owner, path, noun, whose, area }: Owned): Route<SettingsContext>[] {
  const output = settingsSchema
  const absent = owner === 'user' ? [PersonRequired] : []
  const written = {
    path, tag, scope, status: 200, output, etag: true, idempotency: 'transaction',
    action: `${area}:write`,
  } as const
  return [
    define({
      operationId: `get${noun}`,
      method: 'GET',
      path,
      tag,
      summary: `Get ${whose} settings`,
      action: `${area}:read`,
      scope,
      input: {},
      status: 200,
      output,
      etag: true,
      errors: absent,
      idempotency: 'none',
      handle: async ({ settings }) => presentSettings(await settings.get(owner)),
    }),
    define({
      ...written,
      operationId: `update${noun}`,
      sensitive: true,
      method: 'PATCH',
      summary: `Merge a patch into ${whose} settings`,
      input: { body: settingsChangesSchema },
      errors: [...absent, RevisionConflict, SealingUnavailable],
      async handle({ settings }, { body: { settings: patch = {}, ...marks }, ifRevision }) {
        const change = { secretFields: marks.secret_fields, ifRevision }
        return presentSettings(await settings.update(owner, patch, change))
      },
    }),
    define({
      ...written,
      operationId: `replace${noun}`,
      sensitive: true,
      method: 'PUT',
      summary: `Replace ${whose} settings`,
      input: { body: newSettingsSchema },
      errors: [...absent, RevisionConflict, SealingUnavailable],
      async handle({ settings }, { body, ifRevision }) {
        const change = { secretFields: body.secret_fields, ifRevision }
        return presentSettings(await settings.replace(owner, body.settings, change))
      },
    }),
    define({
      ...written,
      operationId: `reset${noun}`,
      method: 'DELETE',
      summary: `Empty ${whose} settings`,
      input: {},
      errors: [...absent, RevisionConflict],
      handle: async ({ settings }, { ifRevision }) =>
        presentSettings(await settings.reset(owner, { ifRevision })),
    }),
  ]
}

/** Settings of the organization and of the person who calls. */
export const settingsRoutes: readonly Route<SettingsContext>[] = [
  ...ownedRoutes({
    owner: 'organization', path: '/v1/settings', noun: 'Settings', whose: 'the organization’s',
    area: 'settings',
  }),
  ...ownedRoutes({
    owner: 'user', path: '/v1/me/settings', noun: 'MySettings', whose: 'the caller’s own',
    area: 'own_settings',
  }),
  define({
    operationId: 'getEffectiveSettings',
    method: 'GET',
    path: '/v1/me/settings/effective',
    tag,
    summary: 'Get the settings in force for the caller',
    action: 'own_settings:read',
    scope,
    input: {},
    status: 200,
    output: effectiveSettingsSchema,
    errors: [],
    idempotency: 'none',
    handle: async ({ settings }) => presentEffective(await settings.effective()),
  }),
]
