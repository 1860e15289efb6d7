// One of several processes whose agents fight for floors: each asks for one, waits, speaks under
// the guard of its grant and yields, or forgets to. Told everything by its only argument; says what
// it was promised, a line each: `ticket <floor> <number>`, `spoke <floor> <fence>`, or an error.
const { library, options, organizationId, floors: names, agents, holdMs } =
  JSON.parse(process.argv[2])
const { openHoldfast } = await import(library)
const holdfast = await openHoldfast(options)
holdfast.floorSweeper().start()
const { floors, messages } = holdfast.organization(organizationId)
const pause = (ms) => new Promise((done) => setTimeout(done, ms))
const say = (...words) => process.stdout.write(`${words.join(' ')}\n`)
const chance = (part) => Math.random() < part

let stopping = false
process.on('SIGTERM', () => { stopping = true })

/** Whether it holds the floor in the end; it gives up when it is neither there nor waits. */
async function granted(agent, standing) {
  for (let now = standing; ; now = await floors.standing(agent)) {
    if (now.state === 'holding') return now.grant
    if (now.state !== 'waiting' || stopping) return undefined
    if (chance(0.02)) return void await floors.cancel(agent)
    await pause(20 + Math.random() * 60)
  }
}

async function speak(agent, fence) {
  await pause(Math.random() * 10)
  await holdfast.transaction(async (transaction) => {
    const stores = transaction.organization(organizationId)
    await stores.floors.guard({ ...agent, fence })
    await stores.messages.append(agent.conversationId, { role: 'speaker', content: { fence } })
  })
  say('spoke', agent.conversationId, fence)
}

async function fight(speakerUri) {
  while (!stopping) {
    const conversationId = names[Math.floor(Math.random() * names.length)]
    const agent = { conversationId, speakerUri }
    try {
      const standing = await floors.request(agent, { priority: Math.floor(Math.random() * 3) })
      if (standing.request !== null) say('ticket', conversationId, standing.request.ticket)
      const grant = await granted(agent, standing)
      if (grant === undefined) continue
      await speak(agent, grant.fence)
      // Some hold it too long, some leave with it.
      if (chance(0.03)) await pause(holdMs * 1.5)
      if (chance(0.05)) await floors.leave(agent)
      else await floors.yield(agent, { fence: grant.fence })
    } catch (error) {
      say(error.code ?? error.message)
      await pause(20)
    }
  }
}

await Promise.all(agents.map(fight))
await holdfast.close()
