import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { contract, type ContractWorld } from '../testing/contract.js'
import { type PutCheckpoint, type StoredCheckpoint } from './contract.js'
import { type CheckpointStore } from './store.js'

const step = (checkpointId: string, parentId: string | null): PutCheckpoint => ({
  threadId: 't', checkpointId, parentId, channelVersions: { a: 1 }, metadata: {},
  state: { type: 'text', bytes: Buffer.from('state') },
  values: { a: { type: 'text', bytes: Buffer.from(`value ${checkpointId} `.repeat(50)) } },
})

/** As another process has it, where there can be one. */
async function elsewhere(world: ContractWorld): Promise<CheckpointStore> {
  const { another, rootKey, isLasting, organization, organizationId } = world
  return isLasting
    ? (await another({ rootKey })).organization(organizationId).checkpoints
    : organization.checkpoints
}

const valueIn = async (store: CheckpointStore) =>
  Buffer.from((await store.get({ threadId: 't' })).values.a!.bytes).toString().slice(0, 7)

/** A process that has just seen in plain what is encrypted by now. */
async function outdated(world: ContractWorld): Promise<CheckpointStore> {
  const { organization: { checkpoints } } = world
  const other = await elsewhere(world)
  await checkpoints.put(step('1', null))
  expect(await valueIn(other)).toBe('value 1')
  await checkpoints.deleteThread('t')
  await checkpoints.setPolicy({ encrypts: true })
  await checkpoints.put(step('1', null))
  return other
}

contract('encryption of checkpoints', (open) => {
  it('is switched on and used in one transaction', async () => {
    const world = await open()
    const { holdfast, organizationId, organization: { checkpoints } } = world
    await holdfast.transaction(async (transaction) => {
      const { checkpoints: inside } = transaction.organization(organizationId)
      await inside.setPolicy({ encrypts: true })
      await inside.put(step('1', null))
      expect(await valueIn(inside)).toBe('value 1')
    })
    await checkpoints.put(step('2', '1'))
    expect(await valueIn(await elsewhere(world))).toBe('value 2')
  })

  it('that was taken back leaves no key behind that would seal what nobody can open', async () => {
    const world = await open()
    const { holdfast, organizationId, organization: { checkpoints } } = world
    await expect(holdfast.transaction(async (transaction) => {
      const { checkpoints: inside } = transaction.organization(organizationId)
      await inside.setPolicy({ encrypts: true })
      await inside.put(step('1', null))
      throw new Error('taken back')
    })).rejects.toThrow('taken back')
    await checkpoints.setPolicy({ encrypts: true })
    await checkpoints.put(step('1', null))
    expect(await valueIn(await elsewhere(world))).toBe('value 1')
  })

  it('is known to a process that has just looked, as soon as it is switched on', async () => {
    const world = await open()
    const { organization: { checkpoints } } = world
    const other = await elsewhere(world)
    await expect(other.get({ threadId: 't' })).rejects.toThrow('t')
    await checkpoints.setPolicy({ encrypts: true })
    await other.put(step('1', null))
    expect(await valueIn(checkpoints)).toBe('value 1')
  })

  it('is known to a process that goes by what it saw when there were threads', async () => {
    const world = await open()
    const { organization: { checkpoints } } = world
    const other = await elsewhere(world)
    for (const encrypts of [true, false, true]) {
      await other.put(step('1', null))
      await checkpoints.deleteThread('t')
      await checkpoints.setPolicy({ encrypts })
      await other.putWrites({
        threadId: 't', checkpointId: '1', taskId: 'task',
        writes: [{ index: 0, channel: 'a', value: { type: 'text', bytes: Buffer.from('w') } }],
      })
      await other.put(step('1', null))
      await other.put(step('2', '1'))
      expect(await valueIn(checkpoints)).toBe('value 2')
      expect(await valueIn(other)).toBe('value 2')
      await checkpoints.deleteThread('t')
    }
  })

  it('is known to a process that only reads, and goes by what it saw before', async () => {
    const world = await open()
    const { organization: { checkpoints } } = world
    const other = await elsewhere(world)
    for (const encrypts of [true, false, true]) {
      await checkpoints.put(step('1', null))
      expect(await valueIn(other)).toBe('value 1')
      await checkpoints.deleteThread('t')
      await checkpoints.setPolicy({ encrypts })
      await checkpoints.put(step('1', null))
      const listed: StoredCheckpoint[] = []
      for await (const each of other.list({ threadId: 't' })) listed.push(each)
      expect(listed.map(({ checkpointId }) => checkpointId)).toEqual(['1'])
      expect(await valueIn(other)).toBe('value 1')
      await checkpoints.deleteThread('t')
    }
  })

  it('is known to a process that goes on from what another wrote since', async () => {
    const world = await open()
    const { organization: { checkpoints } } = world
    const other = await outdated(world)
    await other.put(step('2', '1'))
    expect(await valueIn(checkpoints)).toBe('value 2')
    expect(await valueIn(other)).toBe('value 2')
  })

  it('is known to a process that copies what it saw before', async () => {
    const world = await open()
    const { organization: { checkpoints } } = world
    const other = await outdated(world)
    await other.copyThread('t', 'copy')
    expect((await checkpoints.get({ threadId: 'copy' })).checkpointId).toBe('1')
  })

  it('is by another key once the organization is deleted and made anew under its id', async () => {
    const world = await open()
    const { holdfast, organizationId, organization: { checkpoints } } = world
    const other = await elsewhere(world)
    for (const round of [1, 2, 3]) {
      // What both remember of the one before is a moment old, or older than it is gone by.
      if (round === 3) await sleep(5_100)
      await checkpoints.setPolicy({ encrypts: true })
      await other.put(step('1', null))
      await checkpoints.put(step('2', '1'))
      expect(await valueIn(checkpoints)).toBe('value 2')
      expect(await valueIn(other)).toBe('value 2')
      expect(await valueIn(await elsewhere(world))).toBe('value 2')
      const { slug, name } = await holdfast.organizations.get(organizationId)
      await holdfast.organizations.delete(organizationId, slug)
      await holdfast.organizations.create({ id: organizationId, name })
    }
  }, 30_000)

  it('waits for a first put that is under way, and is then refused', async () => {
    const { holdfast, organizationId, organization: { checkpoints } } = await open()
    let switching: Promise<unknown> | undefined
    await holdfast.transaction(async (transaction) => {
      await transaction.organization(organizationId).checkpoints.put(step('1', null))
      switching = checkpoints.setPolicy({ encrypts: true }).catch((error: unknown) => error)
      await sleep(200)
    })
    expect(await switching).toMatchObject({ message: expect.stringContaining('has no threads') })
    expect(await valueIn(checkpoints)).toBe('value 1')
  })

  it('that is under way lets a first put wait, which then is encrypted', async () => {
    const world = await open()
    const { holdfast, organizationId, organization: { checkpoints } } = world
    let putting: Promise<unknown> | undefined
    await holdfast.transaction(async (transaction) => {
      await transaction.organization(organizationId).checkpoints.setPolicy({ encrypts: true })
      putting = checkpoints.put(step('1', null))
      await sleep(200)
    })
    await putting
    expect(await valueIn(await elsewhere(world))).toBe('value 1')
  })
})
