import { expect, it } from 'vitest'
import { Holdfast } from './holdfast.js'
import { contract } from './testing/contract.js'
import { counted } from './testing/counting.js'

const json = (value: unknown) =>
  ({ type: 'json', bytes: Buffer.from(JSON.stringify(value)) })

const threadId = 'steps'

contract('the end of a step', (open) => {
  it('is one batch, checkpoint and writes, although calls came alone before', async () => {
    const { holdfast, organizationId } = await open()
    const { backend, texts, reset } = counted(holdfast.backend)
    const again = await Holdfast.on(backend, { migrate: false })
    const { checkpoints } = again.organization(organizationId)
    const putWrites = (checkpointId: string) => checkpoints.putWrites({
      threadId, checkpointId, taskId: 'task', writes: [{ index: 0, channel: 'a', value: json(1) }],
    })
    const put = (checkpointId: string, parentId: string | null) => checkpoints.put({
      threadId, checkpointId, parentId, state: json({}), channelVersions: {}, values: {},
    })
    const batches = () => texts().filter((text) => text.includes('into checkpoint_threads')).length
    try {
      await put('100', null)
      for (let number = 101; number < 105; number += 1) {
        await putWrites(String(number - 1))
        reset()
        await Promise.all([putWrites(String(number - 1)), put(String(number), `${number - 1}`)])
        expect(batches()).toBe(1)
      }
    } finally {
      await again.coordination.close()
    }
  })
})
