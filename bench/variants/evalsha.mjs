import { createClient } from '@redis/client'
import { inTurn } from '../harness/workload.mjs'

/**
 * The Redis client by hand: the least that a script with one key and two arguments can cost. As it
 * comes the client makes a timer signal a command, which costs more than all the rest; with `lean`
 * it does not, which is how Holdfast uses it.
 */
export async function open({ redis, subjects, lean }) {
  const client = createClient({ url: redis, ...(lean ? { commandOptions: { timeout: 0 } } : {}) })
  client.on('error', () => undefined)
  await client.connect()
  const sha = await client.scriptLoad('return 1')
  const subject = inTurn(subjects)
  return {
    async operation() {
      const answer = await client.evalSha(sha, {
        keys: [`ratelimit:{${subject()}}`], arguments: ['100', '60000'],
      })
      if (answer !== 1) throw new Error(`the answer was ${answer}`)
    },
    close: () => client.close(),
  }
}
