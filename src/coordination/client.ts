import { isIP } from 'node:net'
import { createClient } from '@redis/client'
import { type Place, type RedisAddress } from './address.js'
import { within } from './deadline.js'

/** The driver's client, as far as it is used here. */
export type Client = ReturnType<typeof createClient>

/** How a connection logs in. */
export type Login = Pick<RedisAddress, 'tls' | 'username' | 'password' | 'database'>

/** Commands a connection holds at most, written or not. */
const commandsMax = 10_000

/**
 * A client for one connection. When that is lost the client is done: who made it makes another.
 * Nothing is queued while it is not connected, and nothing is ever sent twice.
 */
export function newClient(place: Place, login: Login, connectTimeoutMs: number): Client {
  const client = createClient({
    socket: {
      host: place.host,
      port: place.port,
      connectTimeout: connectTimeoutMs,
      reconnectStrategy: false,
      ...(login.tls ? tlsFor(place) : {}),
    },
    username: login.username,
    password: login.password,
    database: login.database,
    name: 'holdfast',
    disableOfflineQueue: true,
    commandsQueueMaxLength: commandsMax,
    // The driver's own limit covers only what is not written yet, and costs a signal a command.
    commandOptions: { timeout: 0 },
    maintNotifications: 'disabled',
  })
  // Without a listener an error would end the process; `connect` and the commands tell it anyway.
  client.on('error', () => undefined)
  return client as Client
}

/** An address is no name that a certificate could be asked for by (RFC 6066). */
function tlsFor({ host }: Place): { tls: true; servername?: string } {
  return isIP(host) === 0 ? { tls: true, servername: host } : { tls: true }
}

/** The client once it is connected and logged in; destroyed when that takes too long. */
export async function connected(client: Client, timeoutMs: number): Promise<Client> {
  try {
    await within(timeoutMs, client.connect())
    return client
  } catch (error) {
    client.destroy()
    throw error
  }
}

/** One question on a connection of its own. */
export async function askOnce<R>(
  place: Place,
  login: Login,
  { words, timeoutMs }: { readonly words: readonly string[]; readonly timeoutMs: number },
): Promise<R> {
  const client = await connected(newClient(place, login, timeoutMs), timeoutMs)
  try {
    return (await within(timeoutMs, client.sendCommand([...words]))) as R
  } finally {
    client.destroy()
  }
}
