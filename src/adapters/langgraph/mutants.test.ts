import { expect, it } from 'vitest'
import { type CheckpointTransport } from '../../checkpoints/index.js'
import { enginesNamed } from '../../testing/backends.js'
import { checkpointerCases, tryCheckpointer } from '../../testing/checkpointers/index.js'
import { changed, type Mutant } from '../../testing/checkpointers/mutant.test.harness.js'
import { mutantsBelow } from '../../testing/checkpointers/mutants-below.test.harness.js'
import { mutantsWithin } from '../../testing/checkpointers/mutants-within.test.harness.js'
import { contract } from '../../testing/contract.js'
import { HoldfastSaver } from './saver.js'

const mutants = [...mutantsBelow, ...mutantsWithin]

contract('suite of savers', (open) => {
  const transports = new WeakMap<HoldfastSaver, CheckpointTransport>()
  const subjectOf = (make: Mutant['saver']) => {
    const made = (transport: CheckpointTransport) => {
      const saver = make(transport)
      transports.set(saver, transport)
      return saver
    }
    return {
      name: 'mutant',
      create: async () => made((await open()).organization.checkpoints),
      reopen: (saver: HoldfastSaver) => made(transports.get(saver)!),
      capabilities: {
        channelDeltas: true, deltaHistory: true, taskPaths: true, copyThread: true, prune: true,
        deleteForRuns: true, staleWriters: true, fences: true, reopen: true,
      } as const,
    }
  }

  it('finds no fault where there is none', async () => {
    const subject = subjectOf((transport) => new HoldfastSaver(changed(transport, () => ({}))))
    const results = await tryCheckpointer(subject)
    expect(results.filter(({ outcome }) => outcome !== 'passed')).toEqual([])
    expect(results.length).toBe(Object.values(checkpointerCases).flat().length)
  })

  it('has each fault once', () => {
    expect(mutants.length).toBeGreaterThanOrEqual(25)
    expect(new Set(mutants.map(({ fault }) => fault)).size).toBe(mutants.length)
  })

  it.each(mutants)('notices that $fault', async ({ area, saver }) => {
    const results = await tryCheckpointer(subjectOf(saver), { areas: [area], untilFailure: true })
    expect(results.at(-1)?.outcome).toBe('failed')
  })

  it('refuses a saver that leaves open what it has', async () => {
    const { capabilities, ...subject } = subjectOf((transport) => new HoldfastSaver(transport))
    const { prune: _left, ...others } = capabilities
    await expect(tryCheckpointer({ ...subject, capabilities: others as never })).rejects
      .toThrow('capabilities.prune must be true, or say why it is absent')
  })

  it('reports what is declared absent as absent', async () => {
    const subject = subjectOf((transport) => new HoldfastSaver(transport))
    const capabilities = { ...subject.capabilities, prune: 'threads are short here' }
    const results = await tryCheckpointer({ ...subject, capabilities }, { areas: ['pruning'] })
    const absent = results.filter(({ outcome }) => outcome === 'absent')
    expect(absent.length).toBe(
      checkpointerCases.pruning!.filter(({ needs }) => needs === 'prune').length)
    expect(absent[0]?.reason).toBe('threads are short here')
  })
}, { engines: enginesNamed('memory') })
