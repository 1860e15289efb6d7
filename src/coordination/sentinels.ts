import { type Place, type RedisAddress } from './address.js'
import { askOnce, type Client } from './client.js'
import { within } from './deadline.js'
import { CoordinationUnavailable } from './errors.js'

/** Finds the server that leads, by asking Sentinels. */
export class Sentinels {
  readonly #address: RedisAddress
  readonly #timeoutMs: number
  /** The one that answered last is asked first. */
  #places: readonly Place[]

  constructor(address: RedisAddress, timeoutMs: number) {
    this.#address = address
    this.#timeoutMs = timeoutMs
    this.#places = address.places
  }

  /** The leader that the first Sentinel to answer names. Throws when none does. */
  async locate(): Promise<Place> {
    const { master } = this.#address
    let cause: unknown
    for (const place of this.#places) {
      try {
        const found = await this.#ask(place)
        if (found === null) {
          cause = new CoordinationUnavailable(`is not known to its Sentinels as "${master}"`)
          continue
        }
        this.#places = [place, ...this.#places.filter((each) => each !== place)]
        return { host: found[0], port: Number(found[1]) }
      } catch (error) {
        cause = error
      }
    }
    throw cause
  }

  /** Sentinels often have no password where the servers have one. */
  async #ask(place: Place): Promise<[string, string] | null> {
    const { tls, username, password, master } = this.#address
    const question = {
      words: ['SENTINEL', 'get-master-addr-by-name', master], timeoutMs: this.#timeoutMs,
    }
    const guest = { tls, database: 0, username: undefined, password: undefined }
    try {
      return await askOnce(place, guest, question)
    } catch (error) {
      const wantsPassword = /^NOAUTH/.test((error as Error).message) && password !== undefined
      if (!wantsPassword) throw error
      return askOnce(place, { ...guest, username, password }, question)
    }
  }
}

/** Throws when the server does not lead: what a Sentinel says may be out of date. */
export async function requireLeader(client: Client, timeoutMs: number): Promise<void> {
  const [role] = (await within(timeoutMs, client.sendCommand(['ROLE']))) as unknown as [string]
  if (role !== 'master') throw new CoordinationUnavailable('follows another leader')
}
