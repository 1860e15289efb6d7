import { createClient } from '@redis/client'

const channel = 'bench'

async function connected(url) {
  const client = createClient({ url })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

/** A bare subscription. */
export async function listen({ redis }, arrived) {
  const client = await connected(redis)
  await client.subscribe(channel, () => arrived())
  return { close: async () => client.destroy() }
}

/** A bare PUBLISH; its time counts from the call. */
export async function produce({ redis }) {
  const client = await connected(redis)
  return {
    async emit() {
      const at = process.hrtime.bigint()
      await client.publish(channel, 'event')
      return at
    },
    close: async () => client.destroy(),
  }
}
