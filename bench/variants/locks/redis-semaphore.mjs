import { Redis } from 'ioredis'
import { Mutex } from 'redis-semaphore'

/** redis-semaphore's Mutex as it comes: tries again every 10 ms while somebody else holds it. */
export async function connect({ redis }) {
  const client = new Redis(redis)
  await client.ping()
  return {
    async acquire(name) {
      const mutex = new Mutex(client, name, { acquireTimeout: 30_000 })
      await mutex.acquire()
      return () => mutex.release()
    },
    close: () => client.quit(),
  }
}
