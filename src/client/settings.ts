import { type CallOptions, type Request, type UpdateOptions } from './operation.js'
import {
  type EffectiveSettings, type NewSettings, type Settings, type SettingsChanges,
} from './schema.js'

/** Settings of the organization. Secret fields come back masked; a mask sent back keeps them. */
export class OrganizationSettings {
  readonly #request: Request

  constructor(request: Request) {
    this.#request = request
  }

  /** The settings; empty at revision 0 until something is set. */
  get(options: CallOptions = {}): Promise<Settings> {
    return this.#request('getSettings', options)
  }

  /** Merges a patch (RFC 7396); needs an admin, as all that writes here. */
  update(changes: SettingsChanges, options: UpdateOptions = {}): Promise<Settings> {
    return this.#request('updateSettings', { body: changes, ...options })
  }

  /** Puts a document in the place of all settings. */
  replace(settings: NewSettings, options: UpdateOptions = {}): Promise<Settings> {
    return this.#request('replaceSettings', { body: settings, ...options })
  }

  /** Empties the settings and takes off all marks. */
  reset(options: UpdateOptions = {}): Promise<Settings> {
    return this.#request('resetSettings', options)
  }
}

/** The caller's own settings in the organization. */
export class OwnSettings {
  readonly #request: Request

  constructor(request: Request) {
    this.#request = request
  }

  /** The settings; empty at revision 0 until something is set. */
  get(options: CallOptions = {}): Promise<Settings> {
    return this.#request('getMySettings', options)
  }

  /** The caller's over the organization's. */
  effective(options: CallOptions = {}): Promise<EffectiveSettings> {
    return this.#request('getEffectiveSettings', options)
  }

  /** Merges a patch (RFC 7396). */
  update(changes: SettingsChanges, options: UpdateOptions = {}): Promise<Settings> {
    return this.#request('updateMySettings', { body: changes, ...options })
  }

  /** Puts a document in the place of all settings. */
  replace(settings: NewSettings, options: UpdateOptions = {}): Promise<Settings> {
    return this.#request('replaceMySettings', { body: settings, ...options })
  }

  /** Empties the settings and takes off all marks. */
  reset(options: UpdateOptions = {}): Promise<Settings> {
    return this.#request('resetMySettings', options)
  }
}
