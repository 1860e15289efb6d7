import fc from 'fast-check'
import { expect, it } from 'vitest'
import { valuesWanted } from '../testing/arbitraries.test.harness.js'
import { contract } from '../testing/contract.js'
import { commandOf } from '../testing/model-command.test.harness.js'
import { type StoredCheckpoint } from './contract.js'
import { CheckpointConflict, ThreadExists } from './errors.js'
import { type CheckpointStore } from './store.js'

/** A checkpoint as the model has it. */
interface Kept {
  readonly parentId: string | null
  readonly runId: string | null
  readonly values: Readonly<Record<string, string>>
  readonly writes: readonly string[]
  isPinned: boolean
}

/** A thread as the model has it: checkpoints by id, and the head. */
interface Thread {
  readonly kept: Map<string, Kept>
  head: string | null
}

interface Model {
  readonly threads: Map<string, Thread>
  count: number
}

interface World {
  /** Two processes, or one twice. */
  readonly stores: readonly CheckpointStore[]
  readonly prefix: string
  readonly counted: { commands: number }
}

const bytes = (text: string) => ({ type: 'text', bytes: Buffer.from(text) })
const threads = ['one', 'two', 'three']
const thread = fc.constantFrom(...threads)
const place = fc.nat(1000)
const store = fc.nat(1)
/** How a value is made of the one before. */
const edit = fc.record({
  way: fc.constantFrom('append', 'append', 'append', 'cut', 'replace', 'middle', 'same', 'none'),
  text: fc.string({ minLength: 1, maxLength: 40 }), times: fc.integer({ min: 1, max: 60 }),
})

type Edit = typeof edit extends fc.Arbitrary<infer E> ? E : never

function edited(before: string | undefined, { way, text, times }: Edit): string | undefined {
  const added = text.repeat(times)
  const old = before ?? '[]'
  switch (way) {
    case 'append': return `${old.slice(0, -1)}${added}]`
    case 'cut': return old.slice(0, Math.floor(old.length * times / 70))
    case 'middle': return old.slice(0, old.length / 2) + text + old.slice(old.length / 2)
    case 'same': return before
    case 'none': return undefined
    default: return added
  }
}

const threadOf = (model: Model, name: string): Thread =>
  model.threads.get(name) ?? { kept: new Map(), head: null }

const chosen = ({ kept }: Thread, at: number): string | null =>
  kept.size === 0 ? null : [...kept.keys()].sort()[at % kept.size]!

const put = commandOf('put', fc.record({
  thread, place, store, edits: fc.tuple(edit, edit), follows: fc.integer({ min: 0, max: 9 }),
  forks: fc.boolean(), writes: fc.boolean(), run: fc.constantFrom('r1', 'r2', 'r3'),
}), (given) => async (model: Model, { stores, prefix }: World) => {
  const own = threadOf(model, given.thread)
  const parentId = given.follows < 8 ? own.head : chosen(own, given.place)
  const before = parentId === null ? undefined : own.kept.get(parentId)?.values
  const values: Record<string, string> = {}
  const inherited: Record<string, string> = {}
  for (const [index, channel] of ['a', 'b'].entries()) {
    const value = edited(before?.[channel], given.edits[index]!)
    if (value !== undefined) values[channel] = value
    else if (before?.[channel] !== undefined) inherited[channel] = before[channel]
  }
  const checkpointId = String(1_000_000 + ++model.count)
  const writes = [`w${model.count}`]
  // What a task wrote on the parent is often what comes behind a value of the checkpoint.
  const wrote = given.edits[0].text.repeat(given.edits[0].times)
  const writing = given.writes && parentId !== null ? stores[given.store]!.putWrites({
    threadId: prefix + given.thread, checkpointId: parentId, taskId: `task ${model.count}`,
    writes: [{ index: 0, channel: 'a', value: bytes(wrote) }],
  }) : undefined
  if (writing !== undefined) {
    const parent = own.kept.get(parentId!)!
    own.kept.set(parentId!, { ...parent, writes: [...parent.writes, wrote] })
  }
  const attempt = stores[given.store]!.put({
    threadId: prefix + given.thread, checkpointId, parentId, runId: given.run,
    state: bytes(checkpointId), metadata: { n: model.count },
    channelVersions: Object.fromEntries(
      Object.keys({ ...values, ...inherited }).map((c) => [c, 1])),
    values: Object.fromEntries(Object.entries(values).map(([c, v]) => [c, bytes(v)])),
    writes: [{ taskId: 't', writes: [{ index: 0, channel: 'a', value: bytes(writes[0]!) }] }],
    whenStale: given.forks ? 'fork' : 'refuse',
  })
  if (parentId !== own.head && !given.forks) {
    await expect(attempt).rejects.toThrow(CheckpointConflict)
    await writing
    return
  }
  await Promise.all([attempt, writing])
  own.kept.set(checkpointId, {
    parentId, runId: given.run, values: { ...inherited, ...values }, writes, isPinned: false,
  })
  own.head = checkpointId
  model.threads.set(given.thread, own)
})

const copy = commandOf('copy', fc.record({ from: thread, to: thread, store }),
  (given) => async (model: Model, { stores, prefix }: World) => {
    const attempt = stores[given.store]!.copyThread(prefix + given.from, prefix + given.to)
    const source = model.threads.get(given.from)
    if (source !== undefined && model.threads.has(given.to)) {
      await expect(attempt).rejects.toThrow(ThreadExists)
      return
    }
    await attempt
    if (source === undefined) return
    const kept = [...source.kept].map(([id, each]): [string, Kept] => [id, { ...each }])
    model.threads.set(given.to, { kept: new Map(kept), head: source.head })
  })

const fork = commandOf('fork', fc.record({ from: thread, to: thread, place, store }),
  (given) => async (model: Model, { stores, prefix }: World) => {
    const source = threadOf(model, given.from)
    const checkpointId = chosen(source, given.place)
    if (checkpointId === null || model.threads.has(given.to)) return
    await stores[given.store]!.fork(
      { threadId: prefix + given.from, checkpointId }, prefix + given.to)
    const base = { ...source.kept.get(checkpointId)!, parentId: null, isPinned: false }
    model.threads.set(given.to, { kept: new Map([[checkpointId, base]]), head: checkpointId })
  })

const prune = commandOf('prune', fc.record({
  keepLast: fc.integer({ min: 0, max: 4 }), store, thread,
}), (given) => async (model: Model, { stores, prefix }: World) => {
    const { keepLast } = given
    await stores[given.store]!.prune({ threadIds: [prefix + given.thread], keepLast })
    const { kept, head } = threadOf(model, given.thread)
    for (const id of [...kept.keys()].sort().toReversed().slice(keepLast)) {
      if (id !== head && !kept.get(id)!.isPinned) kept.delete(id)
    }
  })

const deleteRuns = commandOf('deleteRuns', fc.record({
  run: fc.constantFrom('r1', 'r2', 'r3'), store,
}), (given) => async (model: Model, { stores }: World) => {
    await stores[given.store]!.deleteRuns([given.run])
    for (const [name, own] of model.threads) {
      const before = own.kept.size
      for (const [id, { runId }] of own.kept) if (runId === given.run) own.kept.delete(id)
      if (before === own.kept.size) continue
      if (own.kept.size === 0) model.threads.delete(name)
      else if (!own.kept.has(own.head!)) own.head = [...own.kept.keys()].sort().at(-1)!
    }
  })

const pin = commandOf('pin', fc.record({ thread, place, store, on: fc.boolean() }),
  (given) => async (model: Model, { stores, prefix }: World) => {
    const own = threadOf(model, given.thread)
    const checkpointId = chosen(own, given.place)
    if (checkpointId === null) return
    const name = { threadId: prefix + given.thread, checkpointId }
    await (given.on ? stores[given.store]!.pin(name) : stores[given.store]!.unpin(name))
    own.kept.get(checkpointId)!.isPinned = given.on
  })

const remove = commandOf('deleteThread', fc.record({ thread, store }),
  (given) => async (model: Model, { stores, prefix }: World) => {
    await stores[given.store]!.deleteThread(prefix + given.thread)
    model.threads.delete(given.thread)
  })

const textOf = (checkpoint: StoredCheckpoint) => Object.fromEntries(
  Object.entries(checkpoint.values).map(([c, v]) => [c, Buffer.from(v.bytes).toString()]))

function expectSame(found: StoredCheckpoint, id: string, kept: Kept): void {
  expect({
    id: found.checkpointId, parentId: found.parentId, isPinned: found.isPinned,
    values: textOf(found), state: Buffer.from(found.state.bytes).toString(),
    writes: found.writes.map(({ value }) => Buffer.from(value.bytes).toString()),
  }).toEqual({
    id, parentId: kept.parentId, isPinned: kept.isPinned, values: kept.values, state: id,
    writes: kept.writes,
  })
}

/** Every remaining checkpoint, one by one and in lists, as each process sees it. */
const look = commandOf('look', fc.record({ store }),
  (given) => async (model: Model, { stores, prefix }: World) => {
    const reading = stores[given.store]!
    for (const name of threads) {
      const { kept, head } = threadOf(model, name)
      const found = []
      for await (const each of reading.list({ threadId: prefix + name })) found.push(each)
      const ids = [...kept.keys()].sort().toReversed()
      expect(found.map(({ checkpointId }) => checkpointId)).toEqual(ids)
      for (const each of found) expectSame(each, each.checkpointId, kept.get(each.checkpointId)!)
      for (const id of ids.slice(0, 5)) {
        const one = await reading.get({ threadId: prefix + name, checkpointId: id })
        expectSame(one, id, kept.get(id)!)
      }
      expect((await reading.find({ threadId: prefix + name }))?.checkpointId ?? null).toBe(head)
    }
  })

const wanted = valuesWanted(50)

contract('checkpoints against a model', (open) => {
  it.each([false, true])('hold after any sequence of commands, encrypted: %s', async (encrypts) => {
    const { another, organizationId, organization, isLasting } = await open()
    await organization.checkpoints.setPolicy({ encrypts })
    const other = isLasting
      ? (await another({ checkpoints: { memoryBytesMax: 0 } })).organization(organizationId)
      : organization
    const counted = { commands: 0 }
    const commands = fc.commands(
      [put, put, put, put, put, put, copy, fork, prune, deleteRuns, pin, remove, look],
      { maxCommands: 40, size: 'max' })
    let run = 0
    while (counted.commands < wanted) {
      await fc.assert(fc.asyncProperty(commands, async (given) => {
        const prefix = `${++run}-`
        const model: Model = { threads: new Map(), count: 0 }
        const world: World = {
          stores: [organization.checkpoints, other.checkpoints], prefix, counted,
        }
        await fc.asyncModelRun(() => ({ model, real: world }), given)
        await fc.asyncModelRun(() => ({ model, real: world }), [
          commandLook(0), commandLook(1),
        ])
        for (const name of threads) await organization.checkpoints.deleteThread(prefix + name)
      }), { numRuns: 4 })
    }
    expect(counted.commands).toBeGreaterThanOrEqual(wanted)
  }, 900_000)
})

const commandLook = (at: number) => fc.sample(look.filter((each) =>
  String(each) === `look({"store":${at}})`), 1)[0]!
