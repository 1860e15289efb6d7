import { expect, it } from 'vitest'
import { Unavailable } from '../database/failures.js'
import { contract, type ContractWorld } from '../testing/index.js'
import { RunSteps } from './runner-steps.js'
import { type StepStore } from './step-store.js'

type Holdfast = ContractWorld['holdfast']
type Transaction = Parameters<Parameters<Holdfast['transaction']>[0]>[0]

/** The steps of a run as its handler does them; the answers of so many appends are lost. */
async function begun({ holdfast, organizationId, organization }: ContractWorld) {
  const { workflows, runs } = organization
  await workflows.create({ name: 'x', handle: 'flow' })
  await workflows.createVersion('flow', { graph: 1 })
  const { id } = await runs.create('flow', { queue: null })
  const run = await runs.start(id)
  const lost = { answers: 0 }
  const stepsOf = (transaction?: Transaction): StepStore => {
    const { steps } = transaction?.organization(organizationId).runs ?? runs
    return {
      findByKey: (...given: Parameters<StepStore['findByKey']>) => steps.findByKey(...given),
      async append(...given: Parameters<StepStore['append']>) {
        const step = await steps.append(...given)
        lost.answers -= 1
        if (lost.answers >= 0) throw new Unavailable('the connection was lost')
        return step
      },
    } as StepStore
  }
  const steps = new RunSteps<Transaction>(run, {
    signal: new AbortController().signal, stepsOf,
    transaction: (work) => holdfast.transaction(work),
  })
  const kept = async () => (await runs.steps.list(id)).data.map(({ key, status }) => [key, status])
  return { steps, lost, kept }
}

contract('a step of a run', (open) => {
  it('that is asked for again by the same attempt is not done again', async () => {
    const { steps, kept } = await begun(await open())
    let count = 0
    const charge = () => steps.step('charge', () => (count += 1))
    expect([await charge(), await charge(), count]).toEqual([1, 1, 1])
    const write = () => steps.transact('write', async () => (count += 1))
    expect([await write(), await write(), count]).toEqual([2, 2, 2])
    expect(await kept()).toEqual([['charge', 'succeeded'], ['write', 'succeeded']])
  })

  it('that failed is done again when it is asked for again', async () => {
    const { steps, kept } = await begun(await open())
    let count = 0
    const step = () => steps.step('a', () => {
      count += 1
      if (count === 1) throw new Error('not yet')
      return count
    })
    await expect(step()).rejects.toThrow('not yet')
    expect(await step()).toBe(2)
    expect(await kept()).toEqual([['a', 'failed'], ['a', 'succeeded']])
  })

  it('that is kept though the answer was lost has succeeded', async () => {
    const { steps, lost, kept } = await begun(await open())
    lost.answers = 1
    expect(await steps.step('a', () => 'done')).toBe('done')
    expect(await kept()).toEqual([['a', 'succeeded']])
  })
})
