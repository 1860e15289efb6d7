// Appends numbered messages and indexes them at the same time, until it is killed.
const [library, database, conversationId, from] = process.argv.slice(2)
const { openHoldfast } = await import(library)
const holdfast = await openHoldfast({ database })
const { messages } = holdfast.organization()
let number = Number(from)

async function write() {
  for (;;) {
    const content = `word n${number++}`
    await messages.append(conversationId, { role: 'user', content })
    process.stdout.write(`${content}\n`)
  }
}

async function index() {
  for (;;) {
    await holdfast.indexer().pass()
    await new Promise((done) => setTimeout(done, 1))
  }
}

await Promise.all([write(), write(), write(), index()])
