/** The process in which events of floor-latency.mjs happen, one each time it is told to. */
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * So long a time is kept back: told at once, it would be written before the event is, and wake the
 * listener while the event is on its way.
 */
const tellAfterMs = 2

let producer

process.on('message', async (message) => {
  try {
    if (message === 'emit') {
      const at = await producer.emit()
      await sleep(tellAfterMs)
      process.send({ at: at.toString() })
    } else {
      const { produce } = await import(`./floors/${message.system}.mjs`)
      producer = await produce(message.settings)
      process.send({ ready: true })
    }
  } catch (error) {
    process.send({ error: error.stack ?? String(error) })
  }
})

process.on('disconnect', async () => {
  await producer?.close()
  process.exit()
})
