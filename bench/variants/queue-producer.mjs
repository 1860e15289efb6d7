/** The process that enqueues for queue-latency.mjs: one job each time it is told to. */
let queue

process.on('message', async (message) => {
  try {
    if (message === 'enqueue') {
      const at = process.hrtime.bigint().toString()
      await queue.enqueue({ at })
    } else {
      const { connect } = await import(`./queues/${message.system}.mjs`)
      queue = await connect(message.settings)
      process.send({ ready: true })
    }
  } catch (error) {
    process.send({ error: error.stack ?? String(error) })
  }
})

process.on('disconnect', async () => {
  await queue?.close()
  process.exit()
})
