import { expect, it } from 'vitest'
import { Database } from '../database/database.js'
import { type Backend } from '../database/engine.js'
import { Unavailable } from '../database/failures.js'
import { contract, type ContractWorld } from '../testing/index.js'
import { AttachmentStore, type AttachmentTables, AttachmentWorks } from './index.js'

const bytes = Buffer.from('what nobody may lose')

async function* arriving(): AsyncGenerator<Uint8Array> {
  yield bytes
}

/** Attachments whose transactions are committed, while the answer is lost after `meanwhile`. */
function unanswered(
  { holdfast, organizationId }: ContractWorld,
  meanwhile: () => Promise<unknown>,
) {
  const backend = new Proxy(holdfast.backend, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      if (name !== 'transaction') return value.bind(target) as unknown
      return async (...given: Parameters<Backend['transaction']>) => {
        await target.transaction(...given)
        await meanwhile()
        throw new Unavailable('the connection was lost')
      }
    },
  })
  const database = Database.over<AttachmentTables>(backend).within('all')
  const works = new AttachmentWorks(database, holdfast)
  const scope = { organizationId, actor: { id: 'test' } }
  return { works, store: new AttachmentStore(works, scope) }
}

async function read({ organization: { attachments } }: ContractWorld, id: string) {
  const parts: Uint8Array[] = []
  for await (const part of (await attachments.content(id)).read()) parts.push(part)
  return Buffer.concat(parts)
}

contract('bytes whose putting was not answered', (open) => {
  it('stay with the attachment that was completed with them meanwhile', async () => {
    const world = await open()
    const { organization: { attachments } } = world
    const { id } = await attachments.create({ name: 'a' })
    const { store, works } = unanswered(world, () => attachments.complete(id))
    await expect(store.put(id, arriving())).rejects.toThrow('lost')
    await works.idle()
    expect(await read(world, id)).toEqual(bytes)
  })

  it('are put again', async () => {
    const world = await open()
    const { organization: { attachments } } = world
    const { id } = await attachments.create({ name: 'a' })
    const { store, works } = unanswered(world, async () => undefined)
    await expect(store.put(id, arriving())).rejects.toThrow('lost')
    await works.idle()
    await attachments.put(id, arriving())
    await attachments.complete(id)
    expect(await read(world, id)).toEqual(bytes)
  })
})
