import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { type JsonValue } from '../../../database/json.js'
import { HoldfastError } from '../../../errors.js'
import { exactJson } from '../exact-json.js'
import { isObject } from '../json-object.js'
import { type KeptValue } from '../keeping.js'
import { type SecretKeeper } from '../secret-keeper.js'
import { type OpenHandsWork } from './conversations.js'
import { readObject } from './reading.js'
import { replaced, type SecretFields } from './secret-fields.js'

/** Whose settings and secrets those of a home become. */
export interface SettingsTarget {
  /** `nobody` leaves them out. */
  readonly owner: 'organization' | 'user' | 'nobody'
  readonly userId: string | undefined
}

/** Where an agent server keeps its settings, beside its conversations. */
const besides = [['.openhands'], ['workspace', '.openhands']] as const
/** Files of settings, below the home, and the key under which they go. */
const files: readonly (readonly [path: readonly string[], key: string])[] = [
  [['settings.json'], 'openhands'],
  ...besides.map((place) => [[...place, 'settings.json'], 'openhands_agent_server'] as const),
  [['agent_settings.json'], 'openhands_cli'],
  [['mcp.json'], 'openhands_mcp'],
  ...[[], ...besides].map((place) =>
    [[...place, 'workspaces.json'], 'openhands_workspaces'] as const),
]
const secretFiles = [[], ...besides].map((place) => [...place, 'secrets.json'])
const folders = ['profiles', 'agent-profiles', 'provider-connections'] as const

/** Imports settings and secrets of a home. */
export class OpenHandsSettings {
  readonly #work: OpenHandsWork
  readonly #fields: SecretFields
  readonly #keeper: SecretKeeper
  readonly #target: SettingsTarget
  /** Keys under which this import put settings. */
  readonly #taken = new Set<string>()

  constructor(work: OpenHandsWork, { fields, keeper, target }: {
    readonly fields: SecretFields
    readonly keeper: SecretKeeper
    readonly target: SettingsTarget
  }) {
    this.#work = work
    this.#fields = fields
    this.#keeper = keeper
    this.#target = target
  }

  async run(): Promise<void> {
    for (const [path, key] of files) await this.#settings(path, key)
    for (const prefix of [[], ...besides]) {
      for (const folder of folders) {
        for (const name of this.#work.home.files(...prefix, folder)) {
          if (!name.endsWith('.json')) continue
          const key = `openhands_${folder.replaceAll('-', '_')}_${wordOf(name)}`
          await this.#settings([...prefix, folder, name], key)
        }
      }
    }
    for (const path of secretFiles) await this.#secretFile(path)
  }

  async #settings(parts: readonly string[], key: string): Promise<void> {
    const document = this.#document(parts, 'settings')
    if (document === undefined) return
    const { ledger, parts: given } = this.#work
    const place = parts.join('/')
    ledger.found('settings')
    const { secrets_store: store, ...rest } = document
    if (isObject(store)) await this.#secrets(store, `${place}: secrets_store`)
    const { owner, userId } = this.#target
    if (owner === 'nobody') {
      return ledger.skipped({ kind: 'settings', place, reason: 'they were said to be nobody’s' })
    }
    const { value, marks } = this.#opened(rest, { place, key })
    if (marks.length > 0 && !given.canSeal) {
      const reason = 'there is no root key here to seal their secrets with'
      return ledger.skipped({ kind: 'settings', place, reason })
    }
    if (await this.#wasTaken(place)) return ledger.present('settings')
    const { settings } = given.stores(userId)
    // Those of another home, of an import before or of somebody here: merged, each would lose.
    if (this.#taken.has(key) || Object.hasOwn((await settings.get(owner)).settings, key)) {
      const reason = `there are settings under ${key} already, which stay as they are`
      return ledger.skipped({ kind: 'settings', place, reason })
    }
    this.#taken.add(key)
    if (ledger.isDry) return ledger.imported('settings')
    try {
      await settings.update(owner, { [key]: value }, { secretFields: marks })
      await this.#work.keeping.values('settings', [this.#mark(place)])
      ledger.imported('settings')
    } catch (error) {
      if (!HoldfastError.isInstance(error) || error.retryable) throw error
      ledger.damaged({ kind: 'settings', place, reason: error.message })
    }
  }

  /** Settings that were taken are not taken again: whoever changed them since keeps the change. */
  async #wasTaken(place: string): Promise<boolean> {
    const { key } = this.#mark(place)
    const namespace = ['imports', 'openhands', 'settings']
    return await this.#work.parts.stores().items.find({ namespace, key }) !== undefined
  }

  #mark(place: string): KeptValue {
    const { home } = this.#work
    const sha256 = createHash('sha256').update(home.read(join(home.root, place))).digest('hex')
    const whose = this.#target.userId ?? this.#target.owner
    const value = exactJson(JSON.stringify({ place, whose }))
    return { key: `${sha256} ${whose} ${place}`, value, userId: this.#target.userId }
  }

  /**
   * A document with its secrets opened, and the places to be marked as secret. What stands in an
   * array cannot be marked by itself: all of what the array stands in is.
   */
  #opened(document: Record<string, unknown>, { place, key }: {
    readonly place: string
    readonly key: string
  }) {
    const marks = new Set<string>()
    const value = replaced(document as Record<string, JsonValue>, [], ({ path, value: text }) => {
      const opened = this.#fields.opened(text, `${place}: ${path.join('.')}`)
      if (opened === undefined) return null
      const marked: string[] = []
      for (const part of path) {
        if (typeof part !== 'string' || !/^[A-Za-z0-9_-]+$/.test(part)) break
        marked.push(part)
      }
      const isWhole = marked.length === path.length
      marks.add([key, ...(isWhole ? marked : marked.slice(0, Math.max(1, marked.length - 1)))]
        .join('.'))
      return opened
    })
    return { value: withoutNull(value), marks: outermost([...marks]) }
  }

  async #secretFile(parts: readonly string[]): Promise<void> {
    const document = this.#document(parts, 'secrets')
    if (document !== undefined) await this.#secrets(document, parts.join('/'))
  }

  /** `{provider_tokens: {github: {token, …}}, custom_secrets: {NAME: {secret, …}}}`. */
  async #secrets(document: Record<string, unknown>, place: string): Promise<void> {
    const { provider_tokens: tokens, custom_secrets: custom } = document
    for (const [name, each] of isObject(tokens) ? Object.entries(tokens) : []) {
      const said = isObject(each) ? each : { token: each }
      const about = ['host', 'user_id'].flatMap((key) =>
        (typeof said[key] === 'string' ? [`${key} ${said[key]}`] : []))
      await this.#secret(said.token, {
        place: `${place}: provider_tokens.${name}`, name: `provider_tokens/${name}`,
        description: [`token of ${name}`, ...about].join(', '),
      })
    }
    for (const [name, each] of isObject(custom) ? Object.entries(custom) : []) {
      const said = isObject(each) ? each : { secret: each }
      const description = typeof said.description === 'string' ? said.description : null
      await this.#secret(said.secret, {
        place: `${place}: custom_secrets.${name}`, name, description,
      })
    }
  }

  async #secret(value: unknown, about: {
    readonly place: string
    readonly name: string
    readonly description: string | null
  }): Promise<void> {
    if (typeof value !== 'string' || value === '') return
    const { ledger } = this.#work
    const opened = this.#fields.opened(value, about.place)
    if (opened === undefined) return
    ledger.found('secrets')
    if (this.#target.owner === 'nobody') {
      const reason = 'settings and secrets were said to be nobody’s'
      return ledger.skipped({ kind: 'secrets', place: about.place, reason })
    }
    await this.#keeper.keep({ kind: 'secrets', ...about, value: opened })
  }

  #document(parts: readonly string[], kind: string): Record<string, unknown> | undefined {
    const { home, ledger } = this.#work
    if (!home.isFile(...parts)) return undefined
    const read = readObject(home, join(home.root, ...parts))
    const place = parts.join('/')
    if (read.is === 'damaged') {
      ledger.found(kind)
      ledger.damaged({ kind, place, reason: read.reason })
      return undefined
    }
    if (read.is === 'tailed') {
      const reason = `${read.rest} characters stand behind the object: the first one was taken`
      ledger.damaged({ kind, place, reason }, true)
    }
    return read.json.value as Record<string, unknown>
  }
}

const wordOf = (name: string): string =>
  name.replace(/\.json$/, '').replace(/[^A-Za-z0-9_-]/g, '_')

/** Places of which none stands within another. */
const outermost = (marks: readonly string[]): string[] =>
  marks.filter((mark) => !marks.some((other) => mark.startsWith(`${other}.`)))

/** Null removes a key where settings are merged: it is left out. */
function withoutNull(value: JsonValue): JsonValue {
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value as Record<string, JsonValue>)
    .filter(([, each]) => each !== null).map(([key, each]) => [key, withoutNull(each)]))
}
