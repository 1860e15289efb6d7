// Goes on with a chain of checkpoints, and prunes it at the same time, until it is killed.
const [library, database] = process.argv.slice(2)
const { openHoldfast, CheckpointConflict } = await import(library)
const holdfast = await openHoldfast({ database })
const { checkpoints } = holdfast.organization()
const json = (value) => ({ type: 'json', bytes: Buffer.from(JSON.stringify(value)) })
const idOf = (number) => String(number).padStart(9, '0')

async function put() {
  const head = await checkpoints.find({ threadId: 'chain' })
  const steps = head === undefined ? [] : JSON.parse(Buffer.from(head.values.steps.bytes))
  for (let parentId = head?.checkpointId ?? null; ;) {
    const number = steps.length
    steps.push({ number, text: `step ${number} `.repeat(12) })
    await checkpoints.put({
      threadId: 'chain', checkpointId: idOf(number), parentId, state: json({ number }),
      channelVersions: { steps: number }, values: { steps: json(steps) },
      writes: [{ taskId: 'task', writes: [{ index: 0, channel: 'steps', value: json(number) }] }],
    })
    process.stdout.write(`${number}\n`)
    parentId = idOf(number)
  }
}

async function prune() {
  for (;;) {
    await checkpoints.prune({ keepLast: 3 })
    await new Promise((done) => setTimeout(done, 5))
  }
}

/** Whoever starts from an old head is told so, and would lose nothing. */
async function intrude() {
  for (;;) {
    try {
      await checkpoints.put({
        threadId: 'chain', checkpointId: 'stale', parentId: 'another', state: json({}),
        channelVersions: {}, values: {},
      })
      process.stdout.write('a stale put was taken\n')
    } catch (error) {
      if (!(error instanceof CheckpointConflict)) throw error
    }
    await new Promise((done) => setTimeout(done, 10))
  }
}

await Promise.all([put(), prune(), intrude()])
