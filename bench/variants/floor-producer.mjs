/** The process in which events of floor-latency.mjs happen, one each time it is told to. */
let producer

process.on('message', async (message) => {
  try {
    if (message === 'emit') {
      const at = await producer.emit()
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
