import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'

const name = 'bench'

/** BullMQ on Redis through ioredis. `removeOnComplete` is its setting of that name. */
export async function connect({ redis, removeOnComplete = false }) {
  const connection = () => new Redis(redis, { maxRetriesPerRequest: null })
  const own = connection()
  const queue = new Queue(name, { connection: own })
  await queue.waitUntilReady()
  return {
    async enqueue(payload) {
      await queue.add('job', payload)
    },
    async enqueueMany(payloads) {
      await queue.addBulk(payloads.map((data) => ({ name: 'job', data })))
    },
    waiting: () => queue.getWaitingCount(),
    async work(handler, { concurrency }) {
      const workers = connection()
      const keep = removeOnComplete ? { count: 0 } : undefined
      const worker = new Worker(name, ({ data }) => handler(data), {
        connection: workers, concurrency, removeOnComplete: keep,
      })
      await worker.waitUntilReady()
      return async () => {
        await worker.close()
        workers.disconnect()
      }
    },
    async close() {
      await queue.close()
      own.disconnect()
    },
  }
}
