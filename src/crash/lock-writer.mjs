// One of several processes that write under a lock: takes it, reads a counter, and writes the next
// number in a transaction that proves the lock. Told everything by its only argument; says
// `written`, `lost` or the code of another error, a line each.
const { library, options, organizationId, conversationId, ttlSeconds, isGuarded } =
  JSON.parse(process.argv[2])
const { openHoldfast } = await import(library)
const holdfast = await openHoldfast(options)
const { locks, conversations } = holdfast.organization(organizationId)
const pause = (ms) => new Promise((done) => setTimeout(done, ms))
const say = (word) => process.stdout.write(`${word}\n`)

async function write(lock) {
  const { metadata: { count } } = await conversations.get(conversationId)
  await pause(Math.random() * 6)
  await holdfast.transaction(async (transaction) => {
    const stores = transaction.organization(organizationId)
    if (isGuarded) await stores.locks.guard(lock)
    await stores.conversations.update(conversationId, { metadata: { count: count + 1 } })
    const content = { fence: lock.fence, count: count + 1 }
    await stores.messages.append(conversationId, { role: 'writer', content })
  })
}

for (;;) {
  try {
    const lock = await locks.acquire('counter', { ttlSeconds, waitMs: 60_000 })
    try {
      await write(lock)
      say('written')
    } finally {
      await lock.release()
    }
  } catch (error) {
    say(error.code === 'lock_lost' ? 'lost' : error.code ?? error.message)
    await pause(20)
  }
}
