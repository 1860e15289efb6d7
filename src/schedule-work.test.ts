import { expect, it } from 'vitest'
import { InvalidInput } from './errors.js'
import { type NewSchedule } from './queues/index.js'
import { contract, type ContractWorld } from './testing/index.js'

const nightly = { name: 'nightly', queue: 'runs', cron: '0 3 * * *' } as const

/** A workflow of one version, an archived one, and one of a neighbour. */
async function flows({ organization, neighbour }: ContractWorld) {
  const { workflows, schedules } = organization
  const flow = await workflows.create({ name: 'x', handle: 'flow' })
  await workflows.createVersion('flow', { graph: 1 })
  const old = await workflows.create({ name: 'x', handle: 'old' })
  await workflows.update('old', { archived: true })
  const theirs = await neighbour.workflows.create({ name: 'x', handle: 'theirs' })
  return { schedules, workflows, flow, old, theirs }
}

contract('a schedule on the queue of runs', (open) => {
  it('is refused, naming the field, where its run could not be', async () => {
    const world = await open()
    const { schedules, old, theirs } = await flows(world)
    await schedules.create({ ...nightly, name: 'fine', payload: { workflow: 'flow', version: 1 } })
    const none = '00000000-0000-7000-8000-000000000001'
    for (const [payload, field] of [
      [{ workflow: 'gone' }, 'payload.workflow'], [{ workflow: none }, 'payload.workflow'],
      [{ workflow: 'theirs' }, 'payload.workflow'], [{ workflow: theirs.id }, 'payload.workflow'],
      [{ workflow: 'old' }, 'payload.workflow'], [{ workflow: old.id }, 'payload.workflow'],
      [{ workflow: 7 }, 'payload.workflow'], [{ workflow: '' }, 'payload.workflow'],
      [{ workflow: 'flow', version: 2 }, 'payload.version'],
      [{ workflow: 'flow', version: 1.5 }, 'payload.version'],
      [{ workflow: 'flow', verson: 1 }, 'payload.verson'],
      [{ workflow: 'flow', priority: 1 }, 'payload.priority'],
      [{ workflow: 'flow', tags: [''] }, 'payload.tags[0]'],
      [{ workflow: 'flow', configuration: [] }, 'payload.configuration'],
      [{ workflow: 'flow', traceparent: '00' }, 'payload.traceparent'],
    ] as [NewSchedule['payload'] & object, string][]) {
      for (const call of [
        () => schedules.create({ ...nightly, payload }),
        () => schedules.update('fine', { payload }),
      ]) {
        const error = await call().catch((thrown: unknown) => thrown)
        expect(error).toBeInstanceOf(InvalidInput)
        expect(error).toMatchObject({ field })
      }
    }
    expect((await schedules.list()).data).toMatchObject([{ name: 'fine', revision: 1 }])
  })

  it('is looked at again when it is moved there or switched on, and else left alone', async () => {
    const { schedules, workflows, flow, old } = await flows(await open())
    await schedules.create({ ...nightly, queue: 'other', payload: { workflow: 'gone' } })
    await expect(schedules.update('nightly', { queue: 'runs' }))
      .rejects.toMatchObject({ field: 'payload.workflow' })
    await schedules.create({
      ...nightly, name: 'off', enabled: false, payload: { workflow: old.id },
    })
    await expect(schedules.update('off', { enabled: true }))
      .rejects.toMatchObject({ field: 'payload.workflow' })
    await workflows.update(old.id, { archived: false })
    await schedules.update('off', { enabled: true })
    await schedules.create({ ...nightly, name: 'on', payload: { workflow: flow.id } })
    await workflows.delete('flow')
    expect(await schedules.update('on', { cron: '0 4 * * *' })).toMatchObject({ revision: 2 })
    expect(await schedules.update('on', { enabled: false })).toMatchObject({ enabled: false })
  })

  it('may have a payload that is no run', async () => {
    const { schedules } = await flows(await open())
    for (const [index, payload] of [null, 'flow', 7, ['workflow'], { kind: 'daily' }].entries()) {
      await schedules.create({ ...nightly, name: `s-${index}`, payload })
      await schedules.update(`s-${index}`, { payload })
    }
    expect((await schedules.list()).data).toHaveLength(5)
  })
})
