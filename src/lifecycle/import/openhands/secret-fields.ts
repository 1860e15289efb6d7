import { type JsonValue } from '../../../database/json.js'
import { openedWith } from '../ciphers.js'
import { exactJson, type ExactJson } from '../exact-json.js'
import { isObject } from '../json-object.js'
import { type Ledger } from '../report.js'
import { type SecretKeeper } from '../secret-keeper.js'

/** What OpenHands writes where a secret was hidden, and lost with that. */
const stars = /^\*{6,}$/

const secretKey =
  /(^|_)(api_?key|token|secret|password|access_key(_id)?|private_key|authorization)$/i

/** Objects all of whose texts are secrets. */
const secretObjects = new Set(['env', 'headers', 'secrets'])

/** What stands where a secret was taken out. */
const hidden = '**********'

/** A text that is a secret, and where it stands. */
export interface FoundSecret {
  readonly path: readonly (string | number)[]
  readonly value: string
}

/** Where secrets of a document are kept. */
export interface SecretPlace {
  readonly place: string
  /** What names of secrets begin with. */
  readonly name: string
}

/** Finds secrets in documents, and opens them. */
export class SecretFields {
  readonly #ledger: Ledger
  readonly #keeper: SecretKeeper
  readonly #keys: readonly string[]

  constructor(ledger: Ledger, keeper: SecretKeeper, keys: readonly string[]) {
    this.#ledger = ledger
    this.#keeper = keeper
    this.#keys = keys
  }

  /** The document without its secrets, which are kept as secrets. */
  async taken(json: ExactJson, { place, name }: SecretPlace): Promise<ExactJson> {
    const found: FoundSecret[] = []
    const value = replaced(json.value, [], (secret) => {
      found.push(secret)
      return hidden
    })
    for (const { path, value: text } of found) {
      const opened = this.opened(text, `${place}: ${pathText(path)}`)
      if (opened === undefined) continue
      this.#ledger.found('secrets')
      await this.#keeper.keep({
        kind: 'secrets', place: `${place}: ${pathText(path)}`, value: opened,
        name: `${name}/${pathText(path)}`.slice(0, 255), description: `of ${place}`,
      })
    }
    return found.length === 0 ? json : exactJson(JSON.stringify(value))
  }

  /** A secret as it is, opened if need be; undefined for one that is lost, which is told. */
  opened(value: string, place: string): string | undefined {
    if (stars.test(value)) {
      this.#lost(place, 'is lost: what was saved are the stars that hide it')
      return undefined
    }
    let opened = openedWith(value, this.#keys)
    // Saved again as it was read, a secret was encrypted once more.
    for (let next = opened; next.is === 'opened'; next = openedWith(next.value, this.#keys)) {
      opened = next
    }
    if (opened.is !== 'sealed') return opened.value
    this.#lost(place, 'is encrypted, and none of the keys opens it')
    return undefined
  }

  #lost(place: string, reason: string): void {
    this.#ledger.found('secrets')
    this.#ledger.damaged({ kind: 'secrets', place, reason })
  }
}

/** A value with every secret text in it exchanged. */
export function replaced(
  value: JsonValue,
  path: readonly (string | number)[],
  exchange: (found: FoundSecret) => JsonValue,
): JsonValue {
  if (typeof value === 'string') {
    return isSecret(path, value) ? exchange({ path, value }) : value
  }
  if (Array.isArray(value)) {
    return value.map((each, index) => replaced(each, [...path, index], exchange))
  }
  if (!isObject(value)) return value
  const entries = Object.entries(value as Record<string, JsonValue>)
  return Object.fromEntries(entries.map(([key, each]) =>
    [key, replaced(each, [...path, key], exchange)]))
}

function isSecret(path: readonly (string | number)[], value: string): boolean {
  if (value === '') return false
  if (/^gAAAAA/.test(value)) return true
  const [key, above, over] = [path.at(-1), path.at(-2), path.at(-3)]
  if (typeof key !== 'string') return false
  if (secretKey.test(key) || (typeof above === 'string' && secretObjects.has(above))) return true
  return key === 'value' && (over === 'secrets' || over === 'secret_sources')
}

/** `mcp.servers[0].token`. */
export const pathText = (path: readonly (string | number)[]): string =>
  path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`)).join('').slice(1)
