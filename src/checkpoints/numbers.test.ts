import { expect, it } from 'vitest'
import { TransactionConflict } from '../database/failures.js'
import { contract, type ContractWorld } from '../testing/contract.js'
import { type PutCall } from './put-calls.js'
import { type Putting } from './putting.js'
import { checkedPut } from './rules.js'
import { plainWrapping } from './wrapping.js'

const valueOf = (namespace: string) => `a value of ${namespace} `.repeat(200)
const text = (value: string) => ({ type: 'text', bytes: Buffer.from(value) })

/** Draws these numbers, then others that nobody has. */
function drawing(...numbers: number[]) {
  const left = [...numbers]
  const drawn: number[] = []
  const draw = () => {
    drawn.push(left.shift() ?? 1000 + Math.floor(Math.random() * 2 ** 40))
    return drawn.at(-1)!
  }
  return { draw, drawn }
}

/** A put into a namespace of the thread. */
const callOf = ({ organizationId }: ContractWorld, namespace: string): PutCall => ({
  kind: 'put', organizationId, threadId: 't', wrapping: plainWrapping, createdBy: 'test',
  put: checkedPut({
    threadId: 't', namespace, checkpointId: '1', state: text('state'),
    channelVersions: { channel: 1 }, values: { channel: text(valueOf(namespace)) },
  }, 10_000),
})

async function readIn({ organization }: ContractWorld, namespace: string): Promise<string> {
  const { values } = await organization.checkpoints.get({ threadId: 't', namespace })
  return Buffer.from(values.channel!.bytes).toString()
}

contract('numbers of logs', (open) => {
  const puttingIn = ({ holdfast: { checkpointLog: log } }: ContractWorld, draw: () => number) =>
    log.puttingOn(log.database, log.newMemory(), { newLog: draw })
  const put = (putting: Putting, world: ContractWorld, namespace: string) =>
    putting.write([callOf(world, namespace)])

  it('that two draw at once are drawn again, and both values are kept', async () => {
    const world = await open()
    const one = drawing(7, 7)
    const other = drawing(7, 7)
    const outcomes = await Promise.all([
      put(puttingIn(world, one.draw), world, 'one'),
      put(puttingIn(world, other.draw), world, 'other'),
    ])
    expect(outcomes).toEqual([[{ value: undefined }], [{ value: undefined }]])
    expect([one.drawn.length, other.drawn.length].sort()).toEqual([1, 3])
    expect(await readIn(world, 'one')).toBe(valueOf('one'))
    expect(await readIn(world, 'other')).toBe(valueOf('other'))
  })

  it('are drawn again for a checkpoint beside the head as well', async () => {
    const world = await open()
    await put(puttingIn(world, drawing(7).draw), world, '')
    const { draw, drawn } = drawing(7, 7)
    const call = callOf(world, '')
    const branch = { ...call.put, checkpointId: '2', whenStale: 'fork' } as const
    const [outcome] = await puttingIn(world, draw).write([{ ...call, put: branch }])
    expect(outcome).toEqual({ value: undefined })
    // Once as if it were the head, which it is not; then beside, with the number that is taken.
    expect(drawn.length).toBe(3)
    expect(await readIn(world, '')).toBe(valueOf(''))
  })

  it('fail a put where they are never free, which writes nothing', async () => {
    const world = await open()
    await put(puttingIn(world, () => 7), world, 'one')
    await expect(put(puttingIn(world, () => 7), world, 'other'))
      .rejects.toMatchObject({ code: 'already_exists' })
    const { data: [thread] } = await world.organization.checkpoints.threads()
    expect(thread!.namespaces.map(({ namespace }) => namespace)).toEqual(['one'])
  })

  it('that are taken end a transaction, which may be made again', async () => {
    const world = await open()
    await put(puttingIn(world, () => 7), world, 'one')
    const { checkpointLog: log } = world.holdfast
    const inside = log.database.within([world.organizationId]).transaction(async (transaction) => {
      const draw = { newLog: () => 7, isInside: true }
      await put(log.puttingOn(transaction, log.newMemory(), draw), world, 'other')
    })
    await expect(inside).rejects.toThrow(TransactionConflict)
    const { data: [thread] } = await world.organization.checkpoints.threads()
    expect(thread!.checkpointCount).toBe(1)
  })
})
