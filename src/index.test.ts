import { expect, it } from 'vitest'
import { type JobHandler, openHoldfast, type RunHandlers } from './index.js'

/** An interface has no index signature, as types of other libraries have none. */
interface Part {
  readonly type: string
  readonly text?: string
}

const parts: readonly Part[] = [{ type: 'text', text: 'Hello' }, { type: 'rule' }]

it('values whose types are interfaces are kept wherever JSON is', async () => {
  const holdfast = await openHoldfast({ database: 'memory:' })
  const { conversations, items, messages, queues, schedules, states } = holdfast.organization()
  const { id } = await conversations.create()
  const message = await messages.append(id, { role: 'user', content: parts })
  expect((await messages.update(message, { content: parts[0]! })).content).toEqual(parts[0])
  expect((await queues.enqueue('parts', { payload: parts })).payload).toEqual(parts)
  const item = { namespace: ['parts'], key: 'all', value: parts }
  expect((await items.put(item)).revision).toBeGreaterThan(0)
  await schedules.create({ name: 'parts', queue: 'parts', cron: '@daily', payload: parts[0]! })
  const name = { conversationId: id, agentId: 'a', name: 'parts' }
  expect((await states.put(name, { parts })).document).toEqual({ parts })
  await holdfast.close()
})

it('handlers are typed where they stand alone, and give back what they have', async () => {
  const handlers = {
    async parts({ job, complete }) {
      const { organizationId } = job
      await complete(parts, async (transaction) => {
        await transaction.organization(organizationId).conversations.create({ title: 'Done' })
      })
    },
  } satisfies Record<string, JobHandler>
  const workflows = {
    async parts({ step }) {
      const [first] = await step('read', () => parts)
      return first!
    },
  } satisfies RunHandlers
  const holdfast = await openHoldfast({ database: 'memory:' })
  const { queues, runs, workflows: flows } = holdfast.organization()
  await flows.create({ name: 'Parts', handle: 'parts' })
  await flows.createVersion('parts', { graph: parts[0]! })
  const run = await runs.create('parts', { input: parts[0]! })
  const job = await queues.enqueue('parts', { payload: null })
  holdfast.worker({ queues: handlers, pollMs: 20 }).start()
  holdfast.runner({ workflows, pollMs: 20 }).start()
  await expect.poll(async () => (await queues.get(job.id)).result).toEqual(parts)
  await expect.poll(async () => (await runs.get(run.id)).output).toEqual(parts[0])
  await holdfast.close()
})
